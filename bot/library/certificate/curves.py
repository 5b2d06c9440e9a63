"""Losses and load over time."""

from collections.abc import Sequence

from bot.library.certificate.account import Account, Load, Losses
from bot.library.certificate.markup import Markup, element, svg
from bot.library.certificate.raster import Raster
from bot.library.certificate.wording import counted, length, share

_CELLS = 400
_HEIGHT = 100
_LEAST_BAR = 4.0  # what is there at all is seen


def losses_picture(account: Account) -> Markup:
    """Empty when nothing was lost. A cell shows the worst of its windows."""
    if not any(window.lost for window in account.losses):
        return Markup("")
    raster = Raster(account.duration_s, _CELLS)
    lost: dict[int, float] = {}
    gone: dict[int, float] = {}
    for window in account.losses:
        for cell in _cells_of(window.span, raster):
            lost[cell] = max(lost.get(cell, 0.0), lost_share(window))
            gone[cell] = max(gone.get(cell, 0.0), gone_share(window))
    top = max(lost.values())
    said = f"Packets lost over time, at most {share(top, 1.0)} of those sent in a window."
    bars = [element("path", d=_bars(lost, top), class_="lost"), element("path", d=_bars(gone, top), class_="gone")]
    picture = svg(_CELLS, _HEIGHT, *bars, role="img", aria_label=said)
    return _framed(account, picture, share(top, 1.0), "0%")


def lost_share(window: Losses) -> float:
    """Of the packets that were sent; 1 where none came."""
    sent = window.packets + window.gone
    return min(1.0, window.lost / sent) if sent else float(window.lost > 0)


def gone_share(window: Losses) -> float:
    sent = window.packets + window.gone
    return window.gone / sent if sent else 0.0


def load_picture(account: Account) -> Markup:
    """Empty at full quality throughout. A cell shows the worst level in it."""
    steps = [one for one in account.load if one.level]
    if not steps:
        return Markup("")
    raster = Raster(account.duration_s, _CELLS)
    levels: dict[int, float] = {}
    for one in steps:
        for cell in _cells_of(one.span, raster):
            levels[cell] = max(levels.get(cell, 0.0), float(one.level))
    top = max(levels.values())
    bars = element("path", d=_bars(levels, top), class_="load")
    picture = svg(_CELLS, _HEIGHT, bars, role="img", aria_label=_load_words(steps))
    return _framed(account, picture, f"step {top:.0f}", "full quality")


def _load_words(steps: Sequence[Load]) -> str:
    lag_ms = max(one.lag_ms for one in steps)
    periods = counted(len(steps), "period", "periods")
    return f"Reduced quality over time: {periods}, at most {length(lag_ms / 1000)} behind."


def _cells_of(span: tuple[float, float], raster: Raster) -> range:
    run = raster.touched((span,))[0]
    return range(run.begin, run.end)


def _bars(values: dict[int, float], top: float) -> str:
    """Neighbours of one height are one bar."""
    heights = {cell: max(_LEAST_BAR, value / top * _HEIGHT) for cell, value in values.items() if value > 0}
    path: list[str] = []
    begin = 0
    for cell in sorted(heights):
        if heights.get(cell - 1) != heights[cell]:
            begin = cell
        if heights.get(cell + 1) != heights[cell]:
            path.append(f"M{begin} {_HEIGHT}v-{heights[cell]:.1f}h{cell + 1 - begin}v{heights[cell]:.1f}z")
    return "".join(path)


def _framed(account: Account, picture: Markup, top: str, bottom: str) -> Markup:
    scale = element("div", element("span", top), element("span", bottom), class_="scale", aria_hidden="true")
    time = element(
        "div", element("span", "0:00"), element("span", length(account.duration_s)), class_="time", aria_hidden="true"
    )
    return element("div", scale, element("div", picture, class_="plot"), time, class_="curve")
