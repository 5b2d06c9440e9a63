"""The command `roomreel`."""

import click

from bot.commands.inspect import inspect
from bot.commands.record import record


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="roomreel")
def main() -> None:
    """Record WebRTC conferences without a browser."""


main.add_command(record)
main.add_command(inspect)
