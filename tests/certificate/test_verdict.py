"""What is said of a recording, and how bad it is said to be."""

import subprocess
import sys
from typing import Any

import pytest

from bot.library.certificate.facts import Check
from bot.library.certificate.level import Level
from bot.library.certificate.verdict import verdict
from bot.lifecycle import EndReason, State
from tests.certificate.accounts import REPORT, WHOLE, events, facts, person

LONG = 3600.0


def of(
    recorded: dict[str, Any], reported: dict[str, Any] | None = None, duration_s: float = 60.0, **given: Any
) -> tuple[str, str]:
    """Level and headline."""
    found = verdict(recorded, REPORT | (reported or {}), facts(duration_s, **given))
    return found.level.value, found.headline


def ben(end_s: float = 60.0, **given: Any) -> dict[str, Any]:
    return events(person("ann", end_s=end_s), person("ben", end_s=end_s, **given), duration_s=end_s)


def test_nothing_wrong() -> None:
    """Said in one sentence, and nothing else."""
    found = verdict(events(), REPORT, facts())
    assert found.level is Level.COMPLETE
    assert found.sentences == ("Everything that was sent is in this recording.",)


@pytest.mark.parametrize(
    ("harm", "level", "headline"),
    [
        ({"picture_frozen": [[12, 13.2]]}, "good", "Good: 1.2 s of Ben's picture stood still (at 0:12)."),
        ({"picture_frozen": [[12, 14.0]]}, "good", "Good: 2.0 s of Ben's picture stood still (at 0:12)."),
        ({"picture_frozen": [[12, 14.1]]}, "flawed", "Flawed: 2.1 s of Ben's picture stood still (at 0:12)."),
        ({"picture_frozen": [[12, 12]]}, "good", "Good: a moment of Ben's picture stood still (at 0:12)."),
        (
            {"picture_frozen": [[2, 3], [12, 13.5], [20, 20.5]]},
            "flawed",
            "Flawed: 3.0 s of Ben's picture stood still (3 times, the longest 1.5 s at 0:12).",
        ),
        ({"picture_frozen": [[10, 40]]}, "incomplete", "Incomplete: 30 s of Ben's picture stood still (at 0:10)."),
        ({"sound_missing": [[5, 5.04]]}, "good", "Good: 40 ms of Ben's sound is missing (at 0:05)."),
        ({"sound_missing": [[5, 6.5]]}, "flawed", "Flawed: 1.5 s of Ben's sound is missing (at 0:05)."),
        ({"sound_missing": [[5, 15]]}, "incomplete", "Incomplete: 10 s of Ben's sound is missing (at 0:05)."),
        (
            {"sound_missing_s": 0.3},
            "good",
            "Good: 0.3 s of Ben's sound is missing (in moments too short to be placed).",
        ),
        ({"skew_worst_ms": 45.0}, "complete", "Everything that was sent is in this recording."),
        ({"skew_worst_ms": 46.0}, "good", "Good: for a moment sound and picture may have been 46 ms apart."),
        ({"skew_worst_ms": 126.0}, "flawed", "Flawed: for a moment sound and picture may have been 126 ms apart."),
        ({"lost": 20, "recovered": 20}, "complete", "Everything that was sent is in this recording."),
        ({"lost": 20, "recovered": 19}, "good", "Good: 1 packet of 2,001 never arrived (under 0.1%)."),
        ({"lost": 400, "recovered": 190}, "good", "Good: 210 packets of 2,210 never arrived (9.5%)."),
    ],
)
def test_harm_to_one(harm: dict[str, Any], level: str, headline: str) -> None:
    """Who, how long, when, and a word for how bad that is."""
    assert of(ben(**harm)) == (level, headline)


def test_shares_of_a_long_recording() -> None:
    """What is much in a minute is little in an hour, when it does not come at once."""
    stutter = [[60.0 * place, 60.0 * place + 1.0] for place in range(30)]
    assert of(ben(LONG, picture_frozen=stutter), duration_s=LONG)[0] == "good"
    assert of(ben(LONG, picture_frozen=[*stutter, *[[at + 9, at + 10] for at, _ in stutter]]), duration_s=LONG)[0] == (
        "flawed"
    )


@pytest.mark.parametrize(
    ("change", "level", "headline"),
    [
        (
            {"interruptions": [{"from_s": 20, "to_s": 23.5, "why": "room"}]},
            "incomplete",
            "Incomplete: nobody was recorded from 0:20 to 0:23, because the connection to the room was lost.",
        ),
        (
            {"interruptions": [{"from_s": 20, "to_s": 20.4, "why": "bot"}]},
            "incomplete",
            "Incomplete: nobody was recorded for 0.4 s at 0:20, because the recorder had to be started again.",
        ),
        ({"known_until_s": 30.0}, "unproven", "Not fully known: what happened after 0:30 is not known (30 s)."),
        ({"left_out": 3}, "unproven", "Not fully known: 3 events happened that there was no room to write down."),
        (
            {"load": [{"from_s": 5, "to_s": 9, "level": 2, "words": "faster", "lag_ms": 300}]},
            "good",
            "Good: 4.0 s (6.7%) were at reduced quality, as the machine was busy.",
        ),
        (
            {"load": [{"from_s": 5, "to_s": 15, "level": 2, "words": "faster", "lag_ms": 300}]},
            "flawed",
            "Flawed: 10 s (17%) were at reduced quality, as the machine was busy.",
        ),
        (
            {"load": [{"from_s": 5, "to_s": 15, "level": 0, "words": "full quality", "lag_ms": 0}]},
            "complete",
            "Everything that was sent is in this recording.",
        ),
        ({"participants": [7]}, "unproven", "Not fully known: 1 entry of the account could not be read."),
    ],
)
def test_what_concerns_everybody(change: dict[str, Any], level: str, headline: str) -> None:
    """Interruptions, load, and what nobody knows."""
    assert of(events(**change)) == (level, headline)


@pytest.mark.parametrize(
    ("change", "level", "headline"),
    [
        ({"checks": ()}, "unproven", "Not fully known: the finished file was not checked."),
        (
            {"checks": (WHOLE, Check("Sound reaches the end", False, "it ends at 0:50"))},
            "incomplete",
            'Incomplete: the finished file failed the check "Sound reaches the end" (it ends at 0:50).',
        ),
        ({"duration_s": 50.0}, "incomplete", "Incomplete: the file is 10 s shorter than what was recorded."),
        (
            {"end_reason": EndReason.DISK_FULL},
            "incomplete",
            "Incomplete: it ended at 1:00 because the disk was full.",
        ),
        (
            {"state": State.FAILED, "end_reason": EndReason.FAILED, "problem": "The encoder stopped."},
            "incomplete",
            "Incomplete: it broke off at 1:00.",
        ),
        ({"notice": "Part 3 could not be joined."}, "incomplete", None),
    ],
)
def test_what_became_of_the_file(change: dict[str, Any], level: str, headline: str | None) -> None:
    """A file that ends too early or fails a check is never called whole."""
    found = verdict(events(), REPORT, facts(**{"duration_s": 60.0} | change))
    assert found.level.value == level
    assert headline in (None, found.headline)
    assert all(said in " ".join(found.sentences) for said in (change.get("problem", ""), change.get("notice", "")))


def test_no_file() -> None:
    """Nothing else counts then."""
    found = verdict({}, {}, facts(0.0, problem="The bot died before anything was recorded.", checks=()))
    assert found.level is Level.NOTHING
    assert found.headline == "Nothing was recorded: there is no picture and no sound."
    assert "The recorder said: The bot died before anything was recorded." in found.sentences


def test_no_account() -> None:
    """A file of which nothing is known is not called complete."""
    assert of({}) == ("unproven", "Not fully known: no account was kept of what happened while it was recorded.")


@pytest.mark.parametrize(
    ("report", "level", "said"),
    [
        ({"interruptions_s": [4.0, 2.0]}, "incomplete", "Nobody was recorded for 6.0 s at times that are not known."),
        (
            {"load": {"pictures_repeated": 3, "reduced_s": 0.0}},
            "good",
            "3 pictures were shown again in place of new ones.",
        ),
        (
            {"load": {"pictures_repeated": 300, "reduced_s": 0.0}},
            "flawed",
            "300 pictures were shown again in place of new ones.",
        ),
        ({"load": {"reduced_s": 3.0}}, "good", "3.0 s (5.0%) were at reduced quality, as the machine was busy."),
        (
            {"tracks": [{"packets": 9000, "unrecoverable": 9, "freezes": 2, "longest_freeze_ms": 700.0}]},
            "good",
            "2 times a picture stood still or sound was missing, at most 0.7 s at a time.",
        ),
        ({"tracks": [{"packets": 9000, "frames_dropped": 2}]}, "good", "2 pictures could not be shown"),
        ({"duration_s": 70.0}, "incomplete", "The file is 10 s shorter than what was recorded."),
    ],
)
def test_what_only_the_report_knows(report: dict[str, Any], level: str, said: str) -> None:
    """It is told though the events are silent about it."""
    found = verdict(events(), REPORT | report, facts())
    assert found.level.value == level
    told = " ".join(found.sentences).lower()
    assert said.rstrip(".").lower() in told


def test_an_interruption_is_not_told_twice() -> None:
    """The report knows its length, the events its time as well."""
    cut = events(interruptions=[{"from_s": 20, "to_s": 23.5, "why": "room"}])
    assert len(verdict(cut, REPORT | {"interruptions_s": [3.5]}, facts()).sentences) == 1


def test_pauses_and_ends_by_the_rules_are_no_flaws() -> None:
    """They were asked for; the verdict tells of them all the same."""
    paused = events(pauses=[{"at_s": 33.0, "left_out_s": 12.0}])
    found = verdict(paused, REPORT, facts(end_reason=EndReason.DURATION_LIMIT, parts=2))
    assert found.level is Level.COMPLETE
    assert found.sentences == (
        "Everything that was sent is in this recording.",
        "It ended at 1:00, the longest a recording may last.",
        "It was paused at 0:33: 12 s are left out.",
        "It was put together from 2 parts, without encoding it again.",
    )


def test_worst_comes_first() -> None:
    """The headline is the worst of all, whatever the order of the rules."""
    recorded = events(
        person("ann", picture_frozen=[[1, 1.5]]),
        person("ben", sound_missing=[[5, 25]]),
        interruptions=[],
        known_until_s=50.0,
    )
    found = verdict(recorded, REPORT, facts())
    assert found.sentences == (
        "Incomplete: 20 s of Ben's sound is missing (at 0:05).",
        "What happened after 0:50 is not known (10 s).",
        "0.5 s of Ann's picture stood still (at 0:01).",
    )


def test_many_are_summed() -> None:
    """Three by name, the others together; nobody's harm is left out of the sum."""
    crowd = [person(f"p{place}", f"P{place}", picture_frozen=[[10, 10.1 + place / 10]]) for place in range(9)]
    found = verdict(events(*crowd), REPORT, facts())
    assert found.headline == "Good: 0.9 s of P8's picture stood still (at 0:10)."
    assert found.sentences[1:] == (
        "0.8 s of P7's picture stood still (at 0:10).",
        "0.7 s of P6's picture stood still (at 0:10).",
        "2.1 s of the pictures of 6 more people stood still.",
    )


def test_names_do_no_harm() -> None:
    """Namesakes are told apart, a name from the right stays in its place, a long one is cut, control characters go."""
    twins = events(person("b1", "Ben", picture_frozen=[[1, 2]]), person("b2", "Ben"))
    assert "Ben (b1)'s picture" in verdict(twins, REPORT, facts()).headline
    names = {
        "דנה": "\u2068דנה\u2069's",
        "\u202eevil\u202c\nline\x00": "evil line's",
        "x" * 10_000: "x" * 63 + "…'s",
        "Zo\u0301\u0301\u0301\u0301\u0301": "Zo\u0301\u0301's",
        "": "ben's",
    }
    for name, shown in names.items():
        headline = of(ben(name=name, picture_frozen=[[1, 2]]))[1]
        assert f" of {shown} picture" in headline


@pytest.mark.parametrize(
    "broken",
    [
        {"participants": {"a": 1}},
        {"participants": [{"identity": 5, "there": "x", "picture_frozen": [[3]], "packets": "many"}]},
        {"duration_s": "long", "known_until_s": float("nan"), "left_out": -3, "losses": [None]},
        {"interruptions": [{"from_s": 9, "to_s": 3}], "pauses": [[1, 2]], "load": 7},
        {"duration_s": 10**400, "left_out": True},
    ],
)
def test_nonsense_is_owned_up_to(broken: dict[str, Any]) -> None:
    """An account that cannot be read makes no good verdict, and no error."""
    found = verdict(events(**broken), {"tracks": 3, "load": [], "interruptions_s": ["x"]}, facts())
    assert found.level is Level.UNPROVEN
    assert "could not be read" in " ".join(found.sentences)


def test_verdict_is_bounded() -> None:
    """However many checks fail and parts break."""
    found = verdict(events(), REPORT, facts(checks=tuple(Check(f"check {n}", False) for n in range(500))))
    assert len(found.sentences) == 41
    assert found.sentences[-1] == "And 460 more of this kind; the page shows them all."


def test_service_can_afford_the_import() -> None:
    """It takes none of the libraries of the media."""
    code = "import sys, bot.library.certificate.verdict; print(sys.modules.keys() & {'av', 'cv2', 'numpy', 'aiortc'})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_paused_until_the_end() -> None:
    """How much was left out is not known: nothing is said of it, least of all 0 s."""
    told = [{"at_s": 20.0, "left_out_s": 8.0}, {"at_s": 60.0, "left_out_s": 0.0}]
    once = verdict(events(pauses=told[1:]), REPORT, facts())
    twice = verdict(events(pauses=told), REPORT, facts())
    assert (once.level, once.sentences[1]) == (Level.COMPLETE, "It was paused at 1:00 and ended so.")
    assert twice.sentences[1] == "It was paused 2 times: 8.0 s are left out, and it ended paused, from 1:00."


def test_a_hole_in_the_account() -> None:
    """Nothing is known of it, so nothing is said to be complete."""
    level, headline = of(events(unknown=[[10, 30]]))
    assert (level, headline) == ("unproven", "Not fully known: what happened from 0:10 to 0:30 is not known (20 s).")
    found = verdict(events(unknown=[[n, n + 1] for n in range(0, 20, 2)]), REPORT, facts())
    assert "7 more times what happened is not known, 7.0 s in all." in found.sentences


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("/srv/My Disk/recordings/r/part-0001.mp4 could not be moved to /srv/media: Input/output error.",
         "part-0001.mp4 could not be moved to media: Input/output error."),
        ("The finished file did not pass its check and/or its test. /x/Rec - 1 - A.mp4 is kept.",
         "The finished file did not pass its check and/or its test. Rec - 1 - A.mp4 is kept."),
    ],
)  # fmt: skip
def test_no_folder_of_the_machine_is_shown(said: str, shown: str) -> None:
    """The page is given to people: it names files, not where the machine keeps them."""
    found = verdict(events(), REPORT, facts(problem=said, notice=said))
    assert f"Incomplete: the recorder said: {shown}" == found.headline
    assert found.sentences[1].endswith(shown)
