"""Writes tests/RESULTS.md from what the tests measured: `python -m tests.results`, after a run."""

import json
import platform
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.figures import FIGURES

PAGE = Path(__file__).parent / "RESULTS.md"
HEAD = """# Results

What the tests measured where an issue asks for a figure. Written by `./scripts/results` from what the last run of each
test left behind, never by hand. Times are those of a real clock unless a case says otherwise, and so depend on the
machine.
"""


def page(figures: list[dict[str, Any]]) -> str:
    """Markdown, a table an issue."""
    parts = [HEAD]
    ordered = sorted(figures, key=lambda figure: (figure["issue"], figure["order"], figure["case"]))
    for issue, cases in groupby(ordered, key=lambda figure: figure["issue"]):
        parts.append(
            f"\n## Issue {issue}\n\n| case | must | measured | met | date | cores |\n|---|---|---|---|---|---|\n"
        )
        parts += [_row(figure) for figure in cases]
    return "".join(parts)


def _row(figure: dict[str, Any]) -> str:
    cells = [figure["case"], figure["must"], figure["measured"], "yes" if figure["met"] else "**no**"]
    cells += [figure["date"], str(figure["cores"])]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def main() -> None:
    figures = [json.loads(file.read_text()) for file in sorted(FIGURES.glob("*.json"))] if FIGURES.is_dir() else []
    if not figures:
        sys.exit(f"There are no figures in {FIGURES}: run ./scripts/test first.")
    PAGE.write_text(page(figures))
    missed = [figure["case"] for figure in figures if not figure["met"]]
    sys.stdout.write(f"{PAGE}: {len(figures)} cases on Python {platform.python_version()}\n")
    for case in missed:
        sys.stdout.write(f"not met: {case}\n")


if __name__ == "__main__":
    main()
