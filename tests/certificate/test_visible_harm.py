"""Nothing bad vanishes, wherever it lies and however short it is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.library.certificate.certificate import certificate
from bot.library.certificate.raster import Raster
from bot.library.certificate.spans import merged, total_s
from bot.library.certificate.wording import length
from tests.certificate.accounts import REPORT, events, facts, person
from tests.certificate.certificate_page import CertificatePage, covers

durations = st.floats(0.5, 90_000.0)
shares = st.tuples(st.floats(0, 1), st.one_of(st.just(0.0), st.floats(0, 1e-4), st.floats(0, 0.3)))
harm = st.lists(shares, max_size=6)


def spans(found: list[tuple[float, float]], duration_s: float) -> list[list[float]]:
    return [[begin * duration_s, min(1.0, begin + long) * duration_s] for begin, long in found]


@settings(max_examples=60, deadline=None)
@given(durations, st.lists(st.tuples(harm, harm), min_size=1, max_size=4), harm)
def test_all_harm_is_in_the_picture_and_in_the_tables(
    duration_s: float, people: list[tuple[list[tuple[float, float]], list[tuple[float, float]]]],
    cuts: list[tuple[float, float]],
) -> None:  # fmt: skip
    """Each freeze, each missing sound and each interruption is drawn at its place, listed, and part of the sums."""
    everybody = [
        person(
            f"p{n}", f"P{n}", duration_s, picture_frozen=spans(still, duration_s), sound_missing=spans(mute, duration_s)
        )
        for n, (still, mute) in enumerate(people)
    ]
    interruptions = spans(cuts, duration_s)
    rooms = [{"from_s": begin, "to_s": end, "why": "room"} for begin, end in interruptions]
    recorded = events(*everybody, duration_s=duration_s, interruptions=rooms)
    made = CertificatePage(certificate(recorded, REPORT, facts(duration_s)))
    rows = made.rows()
    heads, *table = made.table("Participants")
    listed = made.table("In the order")
    for n, one in enumerate(everybody):
        cells = dict(zip(heads, table[n], strict=True))
        for lane, name, column in (
            ("picture_frozen", "fr", "Picture stood still"),
            ("sound_missing", "mu", "Sound missing"),
        ):
            for begin, end in one[lane]:
                assert covers(made.lines(rows[f"P{n}"], name), begin / duration_s, end / duration_s)
            together = merged((begin, end) for begin, end in one[lane])
            assert cells[column].startswith(length(total_s(together)))
            what = column.lower()
            assert sum(1 for line in listed if line[2:] == [what, f"P{n}"]) == len(together)
    for begin, end in interruptions:
        assert covers(made.lines(made.overlay, "gap"), begin / duration_s, end / duration_s)
    assert sum(1 for line in listed if line[2:] == ["nobody recorded", "everybody"]) == len(interruptions)
    harmed = bool(interruptions) or any(one["picture_frozen"] or one["sound_missing"] for one in everybody)
    assert ("Everything that was sent is in this recording." in made.words) is not harmed


@settings(max_examples=200, deadline=None)
@given(durations, st.integers(1, 1200), harm)
def test_good_things_are_never_overdrawn(duration_s: float, cells: int, found: list[tuple[float, float]]) -> None:
    """A cell drawn whole is whole; one of which only a part is so is paler, and none is left out."""
    raster = Raster(duration_s, cells)
    together = merged((begin, end) for begin, end in spans(found, duration_s))
    whole, partly = raster.filled(together)
    cell_s = duration_s / cells
    for run in whole:
        inside = total_s(
            (max(begin, run.begin * cell_s), min(end, run.end * cell_s))
            for begin, end in together
            if begin < run.end * cell_s and end > run.begin * cell_s
        )
        assert inside >= (run.end - run.begin) * cell_s * 0.998
    drawn = sum(run.end - run.begin for run in (*whole, *partly)) * cell_s
    assert drawn >= total_s(together) * 0.999 - 1e-5 * duration_s
    assert all(0 <= run.begin < run.end <= cells for run in (*whole, *partly, *raster.touched(together)))
