"""Places kept for a moment, so that the layout does not move for every blink and every arrival."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mixer.layout.tile import Shape

VACANT = ""


@dataclass(slots=True)
class _Place:
    """Of one participant's nth publication."""

    shape: Shape
    left_ns: int | None = None  # since when it is vacant


_Key = tuple[str, int]


class Vacancies:
    """Places of one kind (the cameras', the stage's). Call `settle` once a tick.

    Whoever goes leaves a vacancy for `hold_ns`: those who are back within it find everything as it was. All vacancies
    are given up together: when the oldest has lasted that long, or earlier, when somebody new moves the layout anyway,
    or when the layout has no room for them: whoever was cut for want of tiles is no different from who left.
    Newcomers that nobody made room for come in together, `batch_ns` apart at least; the first of all at once.
    """

    def __init__(self, hold_ns: int, batch_ns: int = 0) -> None:
        self._hold_ns = hold_ns
        self._batch_ns = batch_ns
        self._places: dict[_Key, _Place] = {}  # in order
        self._admitted_ns: int | None = None
        self._settled: tuple[Sequence[tuple[str, Shape]], tuple[Shape, ...]] | None = None  # nothing is to happen

    @property
    def kept(self) -> int:
        """Places of the last call, the vacant ones included."""
        return len(self._places)

    def settle(self, now_ns: int, present: Sequence[tuple[str, Shape]], most: int) -> tuple[Shape, ...]:
        """`present`: participants and what they show, in order; `most`, or fewer, for there are no more places. The
        places in order; a vacancy's track is VACANT."""
        if self._settled is not None and self._settled[0] == present:
            return self._settled[1]
        here = _keyed(present)
        new = here.keys() - self._places.keys()
        gone = self._places.keys() - here.keys()
        for key in gone:
            if self._places[key].left_ns is None:
                self._places[key].left_ns = now_ns
        leaving = any(self._places[key].left_ns == now_ns for key in gone)
        if new and not (leaving or self._may_admit(now_ns)):
            here = {key: shape for key, shape in here.items() if key not in new}
        elif new:
            self._admitted_ns = now_ns
            gone = set()
        crowded = len(here) + len(gone) > most
        if crowded or any(now_ns - (self._places[key].left_ns or 0) >= self._hold_ns for key in gone):
            gone = set()
        self._places = _merged(here, [key for key in self._places if key in gone or key in here], self._places)
        shapes = tuple(place.shape for place in self._places.values())
        at_rest = len(here) == len(present) == len(self._places)
        self._settled = (list(present), shapes) if at_rest else None
        return shapes

    def _may_admit(self, now_ns: int) -> bool:
        return not self._places or self._admitted_ns is None or now_ns - self._admitted_ns >= self._batch_ns


def _keyed(present: Sequence[tuple[str, Shape]]) -> dict[_Key, Shape]:
    keyed: dict[_Key, Shape] = {}
    for participant, shape in present:
        nth = 0
        while (participant, nth) in keyed:
            nth += 1
        keyed[participant, nth] = shape
    return keyed


def _merged(here: dict[_Key, Shape], kept: Sequence[_Key], before: dict[_Key, _Place]) -> dict[_Key, _Place]:
    """Those who are here in their order; each vacancy behind the one it was behind."""
    order = list(here)
    for index, key in enumerate(kept):
        if key not in here:
            order.insert(order.index(kept[index - 1]) + 1 if index else 0, key)
    return {key: _Place(here[key]) if key in here else _vacated(before[key]) for key in order}


def _vacated(place: _Place) -> _Place:
    return _Place(replace(place.shape, track=VACANT), place.left_ns)
