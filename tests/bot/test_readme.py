"""The README tells the truth about settings, commands and files."""

import re
from dataclasses import fields
from pathlib import Path
from typing import cast

import click

from bot.cli import main
from bot.configuration import Configuration

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def settings_table() -> str:
    """The table between the two marks, as it has to be."""
    rows = ["| key | default | |", "|---|---|---|"]
    for item in fields(Configuration):
        default = (", ".join(item.default) if isinstance(item.default, tuple) else item.default) or "none"
        note = item.metadata["help"]
        if item.metadata["among"]:
            note += f": {', '.join(item.metadata['among'])}"
        elif item.metadata["low"] is not None:
            note += f" ({item.metadata['low']} to {item.metadata['high']})"
        rows.append(f"| `{item.name}` | {default} | {note} |")
    return "\n".join(rows)


def test_settings_table_is_the_configuration() -> None:
    """Every key, default and range of the table is the code's."""
    found = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)
    assert found is not None
    assert found.group(1).strip() == settings_table()


def test_options_in_the_readme_exist() -> None:
    """Every option that the README names for recording by hand is one of a command, and the other way round."""
    context = click.Context(main)
    options = {
        option
        for name in ("record", "inspect")
        for parameter in cast("click.Command", main.get_command(context, name)).params
        for option in parameter.opts
        if option.startswith("--")
    }
    table = README[README.index("## Record a room") : README.index("## Settings")]
    named = set(re.findall(r"(--[a-z][a-z-]+)", table))
    assert named <= options
    assert options - named <= {"--log-level"}


def test_files_in_the_readme_exist() -> None:
    """Links and scripts lead somewhere."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for script in re.findall(r"(\./scripts/\w+)", README):
        assert (ROOT / script).exists(), script
