"""The certificate as a page: what it says agrees with what it was made from, whatever people call themselves."""

import re
import time
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.library.certificate.certificate import certificate
from bot.library.certificate.facts import Check, Facts
from tests.certificate.accounts import REPORT, crowd, events, facts, person
from tests.certificate.certificate_page import CertificatePage, covers, words_of

DAY = 86_400.0
MOST_BYTES = 1_000_000
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style></svg><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "&lt;b&gt; &amp; ]]> <!-- -->",
    "\u202e\u2066gnp.exe\u2069",
    "מוחמד אל־עַרַבִי",
    "x" * 10_000,
    "Z̸̢̛͎͔͝a̴͓̅l̵͖̿g̸̰͌o̷̬͐" + "\u0301" * 5_000,
    "nul\x00bell\x07del\x7fc1\x9b\ud800\ufffe",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 500,
    "",
    "   ",
    "{{7*7}} ${7*7} %s javascript:alert(1)",
]


def page(
    recorded: dict[str, Any], reported: dict[str, Any] | None = None, known: Facts | None = None
) -> CertificatePage:
    made = certificate(recorded, REPORT | (reported or {}), known or facts(recorded.get("duration_s", 60.0)))
    assert len(made.encode()) < MOST_BYTES
    return CertificatePage(made)


STORY = events(
    person("ann", stage=[[10, 30]], lost=20, recovered=18, packets=5000, skew_worst_ms=12.4),
    person(
        "ben", camera=[[5, 50]], picture_frozen=[[12, 12.6], [40, 41]], sound_missing=[[12, 12.1]], speaking=[[2, 4.5]]
    ),
    stage=[{"from_s": 10, "to_s": 30, "identity": "ann", "kind": "screen_share"}],
    losses=[
        {"from_s": 0, "to_s": 10, "packets": 3000, "lost": 15, "recovered": 15},
        {"from_s": 10, "to_s": 20, "packets": 3000, "lost": 5, "recovered": 3},
    ],
    pauses=[{"at_s": 33.0, "left_out_s": 12.0}],
    interruptions=[{"from_s": 20, "to_s": 23.5, "why": "room"}],
    load=[{"from_s": 5, "to_s": 9, "level": 2, "words": "faster encoding", "lag_ms": 300}],
    known_until_s=55.0,
)


def test_figures_agree_with_what_happened() -> None:
    """Each figure on top, by value."""
    made = page(STORY)
    assert {what: made.figure(what) for what in (
        "Pictures stood still", "Sound missing", "Sound to picture, at worst", "Packets that never arrived",
        "Nobody recorded", "At reduced quality", "Left out by pauses", "Known",
    )} == {
        "Pictures stood still": "1.6 s: 2 times, of 1 person",
        "Sound missing": "0.1 s: 1 time, of 1 person",
        "Sound to picture, at worst": "12 ms: 45 ms is where people begin to notice",
        "Packets that never arrived": "2: of 6,002; 20 were lost at first (0.3%)",
        "Nobody recorded": "3.5 s: 1 interruption",
        "At reduced quality": "4.0 s: 6.7% of the time; no picture shown again",
        "Left out by pauses": "12 s: 1 pause",
        "Known": "until 0:55: the last 5.0 s are not",
    }  # fmt: skip


def test_tables_say_what_the_pictures_say() -> None:
    """What went wrong in its order, the sums of everybody, and the rest."""
    made = page(STORY)
    assert made.table("In the order")[1:] == [
        ["0:12.0", "0.1 s", "sound missing", "Ben"],
        ["0:12.0", "0.6 s", "picture stood still", "Ben"],
        ["0:20.0", "3.5 s", "nobody recorded", "everybody"],
        ["0:33.0", "12 s", "paused", "everybody"],
        ["0:40.0", "1.0 s", "picture stood still", "Ben"],
        ["0:55.0", "5.0 s", "not known", "everybody"],
    ]
    heads, ann, ben, everybody = made.table("Participants")
    assert dict(zip(heads, ann, strict=True))["On stage"] == "20 s"
    assert dict(zip(heads, ben, strict=True))["Picture stood still"] == "1.6 s (2 times)"
    assert dict(zip(heads, everybody, strict=True))["Packets"] == "6,000"
    assert made.table("Packets lost")[1:] == [
        ["0:00", "3,000", "15", "0"],
        ["0:10", "3,000", "5", "2"],
        ["All together", "6,000", "20", "2"],
    ]
    assert made.table("On stage")[1:] == [["0:10", "20 s", "Ann", "screen share"]]
    assert made.table("Reduced quality")[1:] == [["0:05", "4.0 s", "faster encoding", "0.3 s"]]


def test_pictures_show_what_happened() -> None:
    """Every lane of a row where it belongs; the interruption and the unknown end through all rows."""
    made = page(STORY)
    ben = made.rows()["Ben"]
    for name, begin_s, end_s in (("ca", 5, 50), ("sp", 2, 4.5), ("fr", 12, 12.6), ("fr", 40, 41), ("mu", 12, 12.1)):
        assert covers(made.lines(ben, name), begin_s / 60, end_s / 60)
    assert not covers(made.lines(ben, "ca"), 4.9 / 60, 4.9 / 60)
    assert not covers(made.lines(ben, "fr"), 20 / 60, 20 / 60)
    assert covers(made.lines(made.overlay, "gap"), 20 / 60, 23.5 / 60)
    assert covers(made.lines(made.overlay, "dark"), 55 / 60, 1.0)
    assert covers(made.lines(made.rows()["Stage"], "block"), 10 / 60, 30 / 60)
    picture = next(ben.iter("svg"))
    assert picture.attrib["aria-label"] == (
        "there for 1 min, camera on for 45 s, microphone on for 1 min, spoke for 2.5 s, "
        "stood still 1.6 s, no sound 0.1 s"
    )


def test_the_file_it_belongs_to() -> None:
    """By name and SHA-256, with what was checked of it."""
    made = page(events(), known=facts(checks=(Check("It opens", True), Check("It ends", False, "at 0:50"))))
    assert f"SHA-256{'ab' * 32}" in made.words
    assert "Passed: It opens" in made.words
    assert "Failed: It ends (at 0:50)" in made.words
    assert "123 MB (123,456,789 bytes)" in made.words
    assert "2026-11-21 14:05:35 UTC" in made.words


def test_what_is_not_known_is_no_zero() -> None:
    """Without an account no figure claims that nothing happened."""
    made = CertificatePage(certificate({}, {}, facts()))
    for what in ("Pictures stood still", "Sound missing", "Packets that never arrived", "Nobody recorded",
                 "At reduced quality", "Left out by pauses"):  # fmt: skip
        assert made.figure(what).startswith("not known: "), what
    assert made.figure("Known") == "nothing: no account was kept"
    assert made.table("In the order")[1:] == [["0:00.0", "1 min", "not known", "everybody"]]


class _Witness(HTMLParser):
    """Every element and attribute, as a browser's tokenizer sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]


def seen(made: CertificatePage) -> _Witness:
    witness = _Witness()
    witness.feed(made.source)
    return witness


def test_hostile_names_change_nothing() -> None:
    """Elements and attributes are those of a page with harmless names; the page stays small and well-formed."""
    span = [[1.0, 2.0]]
    hostile = [person(f"id{n}{name}", name, picture_frozen=span, stage=span) for n, name in enumerate(HOSTILE)]
    harmless = [person(f"id{n}", f"name {n}", picture_frozen=span, stage=span) for n, _ in enumerate(HOSTILE)]

    def made(people: list[dict[str, Any]], words: str) -> CertificatePage:
        turns = [{"from_s": 1, "to_s": 9, "identity": one["identity"], "kind": words} for one in people]
        recorded = events(
            *people,
            stage=turns,
            load=[{"from_s": 1, "to_s": 2, "level": 1, "words": words, "lag_ms": 1}],
            layouts=[{"at_s": 1, "layout": words}],
        )
        tracks = [{"participant": one["identity"], "kind": words, "codec": words, "packets": 5} for one in people]
        known = facts(title=words, room_title=words + "!", problem=words, notice=words, file=words,
                      checks=(Check(words, False, words),))  # fmt: skip
        return page(recorded, {"tracks": tracks}, known)

    plain = seen(made(harmless, "words"))
    for words in HOSTILE:
        found = made(hostile, words)
        assert words_of(found.root.find("head/title"))
        witness = seen(found)
        assert witness.elements <= plain.elements | {"bdi"}
        assert witness.attributes <= plain.attributes
        assert not [value for value in witness.values if value.startswith("javascript")]
        assert not re.search("[\u202a-\u202e\u2066-\u2067\x00-\x08\x7f-\x9f]", found.source)


def test_nothing_from_outside_and_nothing_to_run() -> None:
    """One file, and a policy that would stop anything else."""
    made = page(crowd(4, 600.0))
    witness = seen(made)
    assert witness.elements.isdisjoint(
        {"script", "img", "link", "iframe", "object", "embed", "form", "a", "use", "base"}
    )
    assert not {name for name in witness.attributes if name.startswith("on") or name in {"src", "href", "xlink:href"}}
    assert "url(" not in made.source
    assert "@import" not in made.source
    assert "http" not in made.source.replace("http-equiv", "")
    assert any("default-src 'none'" in value for value in witness.values)


@pytest.mark.parametrize(("people", "duration_s"), [(1, 60.0), (49, DAY), (400, DAY)])
def test_size_and_time_are_bounded(people: int, duration_s: float) -> None:
    """A whole day with a crowd that talks, freezes and comes and goes all the time stays a page that opens."""
    recorded = crowd(people, duration_s)
    begin = time.process_time()
    made = page(recorded)
    assert time.process_time() - begin < 20
    assert len(made.rows()) == min(people, 100) + 1
    everybody = made.table("Participants")[-1]
    assert everybody[0] == "All together"


def test_the_worst_a_day_can_bring_is_bounded() -> None:
    """Everything flickers, all day long, for everybody, under the longest names."""
    flicker = [[at * 200.0, at * 200.0 + 90.0] for at in range(int(DAY / 200))]
    name = "&" * 500
    lanes = ("there", "camera", "microphone", "speaking", "stage", "picture_frozen", "sound_missing")
    people = [person(f"{name}{n}", name, DAY, **dict.fromkeys(lanes, flicker)) for n in range(49)]
    assert len(page(events(*people, duration_s=DAY)).source) > 200_000  # it was much


def test_others_together_hide_nothing() -> None:
    """Of more people than there are rows the last row has what went wrong with all the others."""
    people = [
        person(f"p{n}", f"P{n}", DAY, picture_frozen=[[60.0 * n, 60.0 * n + 0.3]], speaking=[[1, 1 + n]])
        for n in range(300)
    ]
    made = page(events(*people, duration_s=DAY))
    rows = made.rows()
    together = rows["201 more people together"]
    for n in range(300):
        row = rows.get(f"P{n}", together)
        assert covers(made.lines(row, "fr"), 60.0 * n / DAY, (60.0 * n + 0.3) / DAY)
    assert made.figure("Pictures stood still").startswith("1 min 30 s: 300 times, of 300 people")


def test_long_tables_keep_the_sums() -> None:
    """Of more incidents than there are lines the longest are listed; the others are counted and summed."""
    people = [
        person(f"p{n}", f"P{n}", DAY, sound_missing=[[60.0 * at, 60.0 * at + 0.5] for at in range(10)])
        for n in range(60)
    ]
    cut = [{"from_s": 100.0, "to_s": 100.1, "why": "room"}]
    table = page(events(*people, duration_s=DAY, interruptions=cut)).table("In the order")
    assert ["1:40.0", "0.1 s", "nobody recorded", "everybody"] in table
    assert table[-1] == ["and 301 shorter ones", "2 min 30 s", "sound missing", "various"]
    assert len(table) == 1 + 300 + 1


def test_readable_without_eyes() -> None:
    """Every picture has words or stands beside them, every table has heads, all that scrolls can be reached."""
    made = page(crowd(4, 600.0))
    for picture in made.root.iter("svg"):
        assert picture.get("aria-hidden") == "true" or (picture.get("role") == "img" and picture.get("aria-label"))
    for table in made.root.iter("table"):
        assert words_of(table.find("caption"))
        assert all(cell.get("scope") for cell in table.iter("th"))
    for region in made.root.iter("div"):
        if region.get("class") == "scroll":
            assert region.get("tabindex") == "0"
            assert region.get("aria-label")
    assert made.root.get("lang") == "en"
    levels = [one.tag for one in made.root.iter() if one.tag in {"h1", "h2", "h3"}]
    assert levels[0] == "h1"
    assert levels.count("h1") == 1


def test_times_keep_their_zone() -> None:
    """An hour that is off by a zone is worse than none."""
    asked = datetime.fromisoformat("2026-11-21T14:05:33+02:00")
    assert "2026-11-21 14:05:33 UTC+02:00" in page(events(), known=facts(asked_at=asked)).words
