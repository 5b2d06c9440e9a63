"""The verdict on a recording, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.library.certificate.account import Account, account
from bot.library.certificate.facts import Facts
from bot.library.certificate.figures import Figures, figures
from bot.library.certificate.level import Level
from bot.library.certificate.rules import RULES
from bot.library.certificate.wording import sentence

_ALL = "Everything that was sent is in this recording."
_MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sentences`: the headline, which begins with the level's word unless everything is there, and what else there is
    to say, worst first. Plain text; names in it are shortened and made harmless, but not escaped."""

    level: Level
    sentences: tuple[str, ...]

    @property
    def headline(self) -> str:
        return self.sentences[0]


def verdict(events: Mapping[str, Any], report: Mapping[str, Any], facts: Facts) -> Verdict:
    """Of events.json, report.json ({} for one that is missing) and what else is known. Never raises."""
    told = account(events, report, facts)
    return judge(told, figures(told), facts)


def judge(told: Account, sums: Figures, facts: Facts) -> Verdict:
    found = [finding for rule in RULES for finding in rule(told, facts, sums)]
    found.sort(key=lambda finding: -finding.level.badness)
    level = found[0].level if found else Level.COMPLETE
    said = [sentence(finding.words) for finding in found]
    if level is Level.COMPLETE:
        said.insert(0, _ALL)
    else:
        said[0] = sentence(f"{level.word}: {found[0].words}")
    if len(said) > _MOST_SENTENCES:
        more = len(said) - _MOST_SENTENCES
        said[_MOST_SENTENCES:] = [f"And {more} more of this kind; the page shows them all."]
    return Verdict(level, tuple(said))
