"""Keeps what a test measured, for the page of results."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

FIGURES = Path(__file__).parents[1] / ".ci" / "out" / "figures"


def note(issue: int, case: str, must: str, measured: str, *, met: bool, order: int = 99) -> None:
    """One case of an issue's table. Call it before what is measured is asserted: a miss belongs on the page, too.
    `order`: its line in the issue's own table."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", case.lower()).strip("-")
    figure = {
        "issue": issue,
        "order": order,
        "case": case,
        "must": must,
        "measured": measured,
        "met": met,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
    }
    (FIGURES / f"{issue}-{name[:80]}.json").write_text(json.dumps(figure, ensure_ascii=False, indent=1) + "\n")
