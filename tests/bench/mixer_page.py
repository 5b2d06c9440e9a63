"""What the mixer's benchmark says: a table, and its part of the page of results."""

import statistics
from collections.abc import Mapping
from typing import Any

import click
import numpy as np

from tests.figures import note

GOALS = {"floor": 1.12, "ffmpeg": 0.70, "gstreamer": 0.50, "browser": 0.45}
WORST_FFMPEG = 0.95
BEND = 16
LINEAR = 1.25  # room for noise

Figures = Mapping[str, Mapping[str, Any]]


def tell(figures: Figures, curve: Mapping[int, float], *, note_them: bool) -> None:
    """Print; with `note_them` the figures go onto the page of results as well."""
    names = ("floor", "strict", "ffmpeg", "gstreamer", "browser")
    click.echo(
        f"{'':5} {'ours':>6} {'floor':>6}  of that {'decode':>7} {'scale':>6} {'encode':>6}  ours over", nl=False
    )
    click.echo("".join(f"{name:>10}" for name in names) + f"{'kbps':>7} {'MB':>5}  in real time")
    for scene, row in figures.items():
        floor = row["floor_cpu_s_per_s"]
        click.echo(f"{scene:5} {row['cpu_s_per_s']:6.3f} {sum(floor.values()):6.3f}          ", nl=False)
        click.echo(f"{floor['decode']:6.3f} {floor['scale']:6.3f} {floor['encode']:6.3f}           ", nl=False)
        click.echo("".join(f"{_ratio_to(name, row):>10}" for name in names), nl=False)
        click.echo(f"{row['kbps']:7.0f} {row['real_time']['memory_mb']:5.0f}  {_live(row['real_time'])}")
    for count, cost in curve.items():
        click.echo(f"{count:3} cameras 180p: {cost:.3f}")
    if note_them:
        _note(figures, curve)


def is_linear(curve: Mapping[int, float]) -> bool:
    """A camera more costs, from BEND of them on, no more than up to there: slopes of straight lines through the costs,
    which a noisy one moves little. One camera alone is left out: it is scaled up to the whole picture."""
    before = _slope({count: cost for count, cost in curve.items() if 1 < count <= BEND})
    after = _slope({count: cost for count, cost in curve.items() if count >= BEND})
    return after <= LINEAR * max(before, 0.0)


def _slope(costs: Mapping[int, float]) -> float:
    return float(np.polyfit(list(costs), list(costs.values()), 1)[0])


def _live(live: Mapping[str, Any]) -> str:
    seen = live.get("pictures_seen", {})
    fewest = f", {min(seen.values()):.1f} pictures/s or more" if seen else ""
    return (
        f"{live['cpu_s_per_s']:.2f}, {live['ticks_late']} of {live['ticks']} ticks late, {live['effort_steps']} steps"
        f" of the controller{fewest}"
    )


def _ratio_to(name: str, row: Mapping[str, Any]) -> str:
    """Or what became of the one to compare with."""
    ratio = row[f"ratio_to_{'strict_floor' if name == 'strict' else name}"]
    return row["failures"].get(name, "-") if ratio is None else f"{ratio:.2f}"


def _note(figures: Figures, curve: Mapping[int, float]) -> None:
    for order, (name, goal) in enumerate(GOALS.items(), 1):
        ratios = {scene: row[f"ratio_to_{name}"] for scene, row in figures.items()}
        known = [ratio for ratio in ratios.values() if ratio is not None]
        if not known:
            continue
        each = ", ".join(f"{scene} {_ratio_to(name, row)}" for scene, row in figures.items())
        if name == "floor":
            must, measured, met = f"≤ {goal} in every scene", each, max(known) <= goal
        else:
            mean = sum(known) / len(known)
            least = f"decode, scale and encode alone, told the quantisers, are at {_least(name, figures):.2f}"
            must, measured, met = f"mean ≤ {goal}", f"mean {mean:.2f} ({least}): {each}", mean <= goal
            if name == "ffmpeg":
                must, met = f"{must}, worst ≤ {WORST_FFMPEG}", met and max(known) <= WORST_FFMPEG
        note(4, f"CPU of mixing over {_PEERS[name]}", must, measured, met=met, order=order)
    for order, (scene, row) in enumerate(figures.items(), 11):
        case = f"{scene}: {row['name']}, CPU seconds per second of recording"
        met = row["ratio_to_floor"] <= GOALS["floor"]
        note(4, case, f"ours over floor ≤ {GOALS['floor']}", _in_words(row), met=met, order=order)
    lively = ", ".join(f"{scene} {_live(row['real_time'])}" for scene, row in figures.items())
    calm = all(row["real_time"]["effort_steps"] == 0 for row in figures.values())
    note(4, "the mixer alone in real time, with microphones", "no step of the controller", lively, met=calm, order=5)
    costs = ", ".join(f"{count}: {cost:.2f}" for count, cost in curve.items())
    note(4, "CPU by number of cameras", "no worse than linear", costs, met=is_linear(curve), order=6)


def _least(name: str, figures: Figures) -> float:
    """What would be left, over the cost of that peer, if mixing had nothing but its strict floor to pay."""
    costs = [(row["strict_floor_cpu_s_per_s"], row.get(f"{name}_cpu_s_per_s")) for row in figures.values()]
    return float(statistics.mean(floor / cost for floor, cost in costs if cost is not None))


def _in_words(row: Mapping[str, Any]) -> str:
    floor, live, browser = row["floor_cpu_s_per_s"], row["real_time"], row["browser"]
    parts = " + ".join(f"{cost:.2f} {part}" for part, cost in floor.items())
    told = f"{row['encode_told_cpu_s_per_s']:.2f} encode when told the quantisers: ours over that"
    text = [f"ours {row['cpu_s_per_s']:.2f}", f"floor {sum(floor.values()):.2f} = {parts}"]
    text += [f"{told} {row['ratio_to_strict_floor']:.2f}"]
    others = {name: row.get(f"{name}_cpu_s_per_s") for name in ("ffmpeg", "gstreamer", "browser")}
    text += [f"{name} {cost:.2f}" for name, cost in others.items() if cost is not None]
    if browser:
        seen = browser["seen"].values()
        text += [f"which shows {min(seen):.0f} to {max(seen):.0f} pictures/s and takes {browser['memory_mb']:.0f} MB"]
    text += [f"{row['kbps']:.0f} kbps", f"{live['memory_mb']:.0f} MB"]
    if row["sound_cpu_s_per_s"] is not None:
        text.append(f"sound {row['sound_cpu_s_per_s']:.3f} more")
    return ", ".join(text)


_PEERS = {
    "floor": "its floor (decode + scale + encode alone)",
    "ffmpeg": "that of the ffmpeg command line",
    "gstreamer": "that of GStreamer's compositor",
    "browser": "that of a filmed browser",
}
