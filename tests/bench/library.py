"""`./scripts/bench library`: what finishing hours of recording costs, and whether the files play.

An hour in 1080p and a day at a low bitrate are written at file speed by the product's own writer and finalised in a
process of their own; the day is then given its companions and looked at, in ten places, by FFmpeg and by Chromium.
Needs 2 GB of disk. Figures go to the page of results.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import click

from bot.library.inspection import inspect_file
from tests.figures import note
from tests.finished_file.finalise_long import CHAPTERS
from tests.finished_file.long_media import bars_at, bars_of, ten_places
from tests.finished_file.peak import command_peak_mb
from tests.finished_file.player import player

ROOT = Path(__file__).parents[2]
ISSUE = 6
DAY_S = 24 * 3600.0


def finalise(folder: Path, *arguments: str) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run = [sys.executable, "-m", "tests.finished_file.finalise_long", str(folder), *arguments]
    told: dict[str, Any] = json.loads(subprocess.run(run, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout)
    return told


def tell(case: str, must: str, measured: str, *, met: bool, order: int) -> bool:
    note(ISSUE, case, must, measured, met=met, order=order)
    click.echo(f"{case}: {measured} (must: {must}){'' if met else '  NOT MET'}")
    return met


def hour(folder: Path) -> Iterator[bool]:
    tries = [finalise(folder, "1", "bot", "large") for _ in range(2)]
    later = finalise(folder, "1", "later", "large")
    best = min(tries, key=lambda told: float(told["seconds"]))
    problems = [told["problem"] for told in (*tries, later) if told["problem"]]
    measured = (
        f"{best['seconds']:.2f} s, {later['seconds']:.2f} s when its bot had died; {best['size'] / 1e6:.0f} MB,"
        f" peak memory {best['peak_mb']:.0f} MB{', '.join(['', *problems])}"
    )
    met = best["seconds"] <= 2 and not problems
    yield tell("an hour of 1080p: parts to finished, checked file", "≤ 2 s", measured, met=met, order=1)


def day(folder: Path) -> Iterator[bool]:
    told = finalise(folder, "24", "bot")
    path = Path(told["path"])
    measured = f"{told['peak_mb']:.0f} MB, {told['before_mb']:.0f} of them before; {told['seconds']:.1f} s"
    met = told["peak_mb"] <= 700 and not told["problem"] and not inspect_file(path).problems
    yield tell("a day: peak memory of finalising", "≤ 700 MB", measured, met=met, order=3)
    yield companions(folder, path)
    yield seeks(path, told["chapters"])


def companions(folder: Path, path: Path) -> bool:
    made = folder / "made"
    made.mkdir()
    began_s = time.perf_counter()
    peak_mb = command_peak_mb("companions", str(made), str(path))
    files = [one for one in made.iterdir() if one.is_file()]
    measured = (
        f"{peak_mb:.0f} MB, {time.perf_counter() - began_s:.1f} s,"
        f" {len(files)} files of {sum(one.stat().st_size for one in files) / 1e6:.1f} MB"
    )
    met = peak_mb <= 700 and (made / "companions.json").exists()
    return tell("a day: its companions", "all made, ≤ 700 MB", measured, met=met, order=4)


def seeks(path: Path, chapters: int) -> bool:
    """As a player in a browser and one beside it see it."""
    places = ten_places(DAY_S)
    expected = [bars_of(time_s) for time_s in places]
    beside = [shown for _, shown in bars_at(path, places)]
    with av.open(str(path)) as container:
        listed = len(container.chapters())
    with player(path.parent) as one:
        began_s = time.perf_counter()
        told = one.watch(path.name, places, DAY_S / 3)
        took_s = time.perf_counter() - began_s
    right = sum(shown == wanted for shown, wanted in zip(told["shown"], expected, strict=True))
    measured = (
        f"Chromium: {told['duration']:.2f} s long, {right} of 10 pictures right, {told['sound']} bytes of sound,"
        f" {took_s:.1f} s in all; FFmpeg: {sum(map(int.__eq__, beside, expected))} of 10, {listed} chapters"
    )
    met = right == 10 and beside == expected and listed == chapters == CHAPTERS and told["sound"] > 0
    met = met and abs(told["duration"] - DAY_S) < 0.1
    return tell("a day: plays, seeks to ten places, has its chapters", "all right", measured, met=met, order=5)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write; a temporary one by default.")
@click.option("--quick", is_flag=True, help="The day only.")
def main(folder: Path | None, quick: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="library-", dir=folder) as place:
        parts = [] if quick else [hour(Path(place) / "hour")]
        met = [one for part in (*parts, day(Path(place) / "day")) for one in part]
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
