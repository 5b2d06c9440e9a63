"""report.html: one page about one recording that needs nothing but itself."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bot.library.certificate.account import Account, account
from bot.library.certificate.curves import load_picture, losses_picture
from bot.library.certificate.facts import Facts
from bot.library.certificate.figures import Figures, figures
from bot.library.certificate.level import Level
from bot.library.certificate.markup import Child, Markup, element
from bot.library.certificate.overview import bar_key, fact_list, figure_list, judging, key
from bot.library.certificate.table import folded
from bot.library.certificate.tables import (
    incident_table,
    layout_table,
    load_table,
    losses_table,
    people_table,
    stage_table,
    track_table,
)
from bot.library.certificate.timeline import timeline
from bot.library.certificate.verdict import Verdict, judge
from bot.library.certificate.wording import length, plain

_MOST_TITLE = 200
# Nothing is fetched, and nothing is run.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SIGNS = {  # beside the words, which say the same
    Level.COMPLETE: "\u2713",
    Level.GOOD: "\u2713",
    Level.UNPROVEN: "?",
    Level.FLAWED: "!",
    Level.INCOMPLETE: "!",
    Level.NOTHING: "\u2715",
}


def certificate(events: Mapping[str, Any], report: Mapping[str, Any], facts: Facts) -> str:
    """A page in UTF-8 of less than a megabyte, also well-formed XML. `events` and `report` are events.json and
    report.json; {} for one that is missing. Never raises for what is in them."""
    told = account(events, report, facts)
    sums = figures(told)
    title = plain(facts.title or facts.room_title, _MOST_TITLE) or "Recording"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{title} - quality certificate"),
        element("style", Markup(_style())),
    )
    body = element("body", element("main", _opening(title, facts, judge(told, sums, facts)), *_body(told, sums, facts)))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


@cache
def _style() -> str:
    return files("bot.library.certificate").joinpath("page.css").read_text(encoding="utf-8")


def _opening(title: str, facts: Facts, verdict: Verdict) -> Markup:
    since = facts.recording_since or facts.asked_at
    long = f"{length(facts.duration_s)} long"
    when = f"Recorded {since:%Y-%m-%d %H:%M %Z}, {long}" if since else long
    room = plain(facts.room_title, _MOST_TITLE)
    where = [", in ", element("bdi", room, dir_="auto")] if room and room != title else []
    more = element("ul", [element("li", one) for one in verdict.sentences[1:]]) if verdict.sentences[1:] else ""
    return element(
        "header",
        element("p", "Quality certificate", class_="eyebrow"),
        element("h1", element("bdi", title, dir_="auto")),
        element("p", when, *where, class_="when"),
        element(
            "div",
            element("span", _SIGNS[verdict.level], class_="sign", aria_hidden="true"),
            element("div", element("p", verdict.headline, class_="headline"), more),
            class_=f"verdict {verdict.level.value}",
        ),
    )


def _section(heading: str, *children: Child) -> Markup:
    return element("section", element("h2", heading), *children)


def _body(told: Account, sums: Figures, facts: Facts) -> list[Markup]:
    return [
        _section("In figures", figure_list(told, sums)),
        _section("From beginning to end", key(), timeline(told)),
        _section("What went wrong or was left out", *_incidents(told)),
        _section("Losses over time", *_losses(told, sums)),
        _section("Load", *_load(told, sums)),
        _section(
            "In numbers",
            people_table(told, sums) or _said("Nothing is known of any participant."),
            *_folded("Who was on stage", stage_table(told)),
            *_folded("Every track as it was received", track_table(told)),
            *_folded("Layouts", layout_table(told)),
        ),
        _section("The file", fact_list(told, facts)),
        _section("How this is judged", judging(facts)),
    ]


def _incidents(told: Account) -> list[Markup]:
    if listed := incident_table(told):
        return [listed]
    if not told.is_known:
        return [_said("That is not known: no account was kept.")]
    return [_said("Nothing went wrong and nothing was left out.")]


def _losses(told: Account, sums: Figures) -> list[Markup]:
    picture = losses_picture(told)
    if picture:
        explained = bar_key(
            ("lost", "share of the packets that were lost at first, and recovered"),
            ("gone", "share that never arrived"),
        )
        return [explained, picture, *_folded("The same in numbers", losses_table(told))]
    if sums.lost or sums.gone:
        return [_said("Packets were lost, but when is not known.")]
    return [_said("No packet was lost." if sums.packets else "Nothing is known of losses.")]


def _load(told: Account, sums: Figures) -> list[Markup]:
    picture = load_picture(told)
    if picture:
        explained = bar_key(("load", "how far quality gave way because the machine was busy"))
        return [explained, picture, *_folded("The same in numbers", load_table(told))]
    if sums.reduced_s:
        return [_said("Quality was reduced, but when is not known.")]
    return [_said("Full quality throughout." if told.is_known else "Nothing is known of the load.")]


def _folded(summary: str, content: Markup) -> list[Markup]:
    return [folded(summary, content)] if content else []


def _said(words: str) -> Markup:
    return element("p", words, class_="said")
