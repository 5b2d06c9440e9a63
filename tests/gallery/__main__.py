"""Writes the picture sheets; `--golden` writes down the geometry that they show."""

import argparse
from itertools import groupby
from pathlib import Path

import click
import cv2

from tests.gallery.cases import COUNTS, cases, ways
from tests.gallery.golden import GOLDEN, write
from tests.gallery.sheet import sheet, shown, transitions

OUTPUT = Path(__file__).parent.parent.parent / ".ci" / "out" / "gallery"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./scripts/gallery", description="Draw every layout into picture sheets.")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for the sheets")
    parser.add_argument("--case", help="draw only cases whose sheet or name has this in it, each in full size")
    parser.add_argument("--golden", action="store_true", help="keep this geometry as what the golden test expects")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.case and options.case in f"{case.sheet}: {case.name}"]
    if options.case and options.golden:
        parser.error("--golden keeps the geometry of every case: leave out --case.")
    if options.case and not chosen:
        parser.error(
            f"No case has {options.case!r} in its sheet or name: without --case all are drawn, with their names."
        )
    options.output.mkdir(parents=True, exist_ok=True)
    if options.case:
        for case in chosen:
            _write(options.output / f"{case.sheet}, {case.name}.png".replace(" ", "-"), shown(case))
        return
    for name, shown_on_it in groupby(cases(), key=lambda case: case.sheet):
        rooms = list(shown_on_it)
        columns = len(COUNTS) if len(rooms) % len(COUNTS) == 0 else 5 if len(rooms) % 5 == 0 else 4
        _write(options.output / f"{name.replace(' ', '-')}.png", sheet(rooms, columns))
    _write(options.output / "transitions.png", transitions(ways()))
    if options.golden:
        write()
        click.echo(GOLDEN)


def _write(path: Path, image: cv2.typing.MatLike) -> None:
    if not cv2.imwrite(str(path), image):
        raise SystemExit(f"{path} cannot be written: is the folder writable, and is there room on the disk?")
    click.echo(path)


if __name__ == "__main__":
    main()
