"""The command `roomreel`. A command's file is imported when it is called: a bot process carries no service, and a token
is made at once."""

import importlib
from collections.abc import Sequence

import click

# Where each command is, and what `roomreel --help` says of it; empty: not shown.
COMMANDS = {
    "record": ("bot.commands.record:record", "Join the room at URL hidden, record it, and print the MP4's path."),
    "inspect": ("bot.commands.inspect:inspect", "Say what is in FILE, a recording, and whether it is whole."),
    "serve": ("bot.commands.serve:serve", "Run the recording service: an HTTP API and a console."),
    "token": ("bot.commands.minting:token", "Print a token for the service's API."),
    "start": ("bot.commands.remote:start", "Ask a service to record a room."),
    "pause": ("bot.commands.remote:pause", "Pause a recording of a service."),
    "resume": ("bot.commands.remote:resume", "Go on with a paused recording."),
    "stop": ("bot.commands.remote:stop", "Stop a recording of a service."),
    "layout": ("bot.commands.remote:layout", "Change how a recording's picture is arranged."),
    "list": ("bot.commands.remote:list_", "List a service's recordings."),
    "show": ("bot.commands.remote:show", "Show one recording of a service."),
    "watch": ("bot.commands.remote:watch", "Say what happens in a service, as it happens."),
    "library": ("bot.commands.library:library", "Look after a library: verify, rebuild, clean."),
    "doctor": ("bot.commands.doctor:doctor", "Look whether this machine can record, and what is to be mended."),
    "work": ("bot.commands.work:work", ""),
    "companions": ("bot.commands.companions:companions", ""),
}


class Commands(click.Group):
    """Knows its commands by name, and imports the one that is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for name, (_, about) in COMMANDS.items() if about]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, without importing anything."""
        rows: Sequence[tuple[str, str]] = [(name, COMMANDS[name][1]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="roomreel")
def main() -> None:
    """Record WebRTC conferences without a browser."""
