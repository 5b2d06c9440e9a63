"""Writes tests/RESULTS.md from what the tests measured: `python -m tests.results`, after a run."""

import json
import platform
import re
import sys
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.figures import FIGURES

PAGE = Path(__file__).parent / "RESULTS.md"
HEAD = """# Results

What the tests measured where an issue asks for a figure. Written by `./scripts/results` from what the last run of each
test left behind, never by hand. Times are those of a real clock unless a case says otherwise, and so depend on the
machine.
"""

# Under an issue's table, when they are there: drawn by the benchmark that measured them.
PICTURES = MappingProxyType({4: ("results-mixer.png", "CPU of mixing, ours beside its floor and beside others")})
COLUMNS = ("case", "must", "measured", "met", "date", "cores")


def page(figures: list[dict[str, Any]]) -> str:
    """Markdown, a table an issue."""
    parts = [HEAD]
    ordered = sorted(figures, key=lambda figure: (figure["issue"], figure["order"], figure["case"]))
    for issue, cases in groupby(ordered, key=lambda figure: figure["issue"]):
        parts.append(
            f"\n## Issue {issue}\n\n| case | must | measured | met | date | cores |\n|---|---|---|---|---|---|\n"
        )
        parts += [_row(figure) for figure in cases]
        picture, says = PICTURES.get(issue, ("", ""))
        if picture and (PAGE.parent / picture).exists():
            parts.append(f"\n![{says}]({picture})\n")
    return "".join(parts)


def _row(figure: dict[str, Any]) -> str:
    cells = [figure["case"], figure["must"], figure["measured"], "yes" if figure["met"] else "**no**"]
    cells += [figure["date"], str(figure["cores"])]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def written(text: str) -> list[dict[str, Any]]:
    """The figures on a page, so that one that was measured anew can take its place among the others."""
    figures, issue = [], 0
    for line in text.splitlines():
        if line.startswith("## Issue "):
            issue = int(line.removeprefix("## Issue "))
            order = 0
        elif line.startswith("| ") and not line.startswith("| case |"):
            order += 1
            cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\) \| ", line[2:-2])]
            figure: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
            figures.append(figure | {"issue": issue, "order": order, "met": figure["met"] == "yes"})
    return figures


def update(issue: int) -> None:
    """Put what was measured for `issue` onto the page, and leave the rest of it as it is."""
    new = {figure["case"]: figure for figure in _measured() if figure["issue"] == issue}
    old = written(PAGE.read_text()) if PAGE.exists() else []
    kept = [figure for figure in old if figure["issue"] != issue or figure["case"] not in new]
    PAGE.write_text(page(kept + list(new.values())))


def _measured() -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in sorted(FIGURES.glob("*.json"))] if FIGURES.is_dir() else []


def main() -> None:
    figures = _measured()
    if not figures:
        sys.exit(f"There are no figures in {FIGURES}: run ./scripts/test first.")
    PAGE.write_text(page(figures))
    missed = [figure["case"] for figure in figures if not figure["met"]]
    sys.stdout.write(f"{PAGE}: {len(figures)} cases on Python {platform.python_version()}\n")
    for case in missed:
        sys.stdout.write(f"not met: {case}\n")


if __name__ == "__main__":
    main()
