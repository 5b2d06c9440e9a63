"""The README tells the truth about settings, commands and files."""

import re
from dataclasses import fields
from pathlib import Path
from typing import cast

import click

from bot.cli import main
from bot.configuration import Configuration
from bot.service.api.table import ROUTES

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


def _options(words: list[str]) -> set[str]:
    """Of a command, or of one of a group's."""
    context = click.Context(main)
    command: click.Command | None = main
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(context, word)
            assert command is not None, words
    return {
        option
        for parameter in cast("click.Command", command).params
        for option in parameter.opts
        if option.startswith("--")
    }


def _section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_options_in_the_readme_exist() -> None:
    """Every option of the commands for recording by hand is in their section, and the other way round."""
    named = set(re.findall(r"(--[a-z][a-z-]+)", _section("Record a room")))
    options = _options(["record"]) | _options(["inspect"])
    assert named <= options
    assert options - named <= {"--log-level"}


def test_commands_in_the_readme_exist() -> None:
    """Every command that the README shows is one, with the options it is shown with."""
    shown = re.findall(r"\.venv/bin/roomreel (.*)", README)
    assert {line.split()[0] for line in shown} >= {
        "record",
        "inspect",
        "serve",
        "start",
        "stop",
        "token",
        "doctor",
        "library",
    }
    for line in shown:
        assert set(re.findall(r"(--[a-z][a-z-]+)", line)) <= _options(line.split()), line


def test_table_of_requests_is_the_api() -> None:
    """The service's page names every route, who may ask, and what it does."""
    rows = [f"| `{route.method} {route.path}` | {route.who.value} | {route.about} |" for route in ROUTES]
    page = (ROOT / "bot/service/README.md").read_text()
    assert "\n".join(rows) in page


def test_files_in_the_readme_exist() -> None:
    """Links and scripts lead somewhere."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for script in re.findall(r"(\./scripts/\w+)", README):
        assert (ROOT / script).exists(), script
