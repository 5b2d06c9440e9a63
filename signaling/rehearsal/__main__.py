"""`python -m signaling.rehearsal`: a generated room by hand. Its URL is the first line of standard output."""

import asyncio
import contextlib
import signal
from typing import cast

import click

from signaling.rehearsal.demo import demo_plan, steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Plan
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import Connections, RehearsalSettings

try:  # a packet costs a third of what it costs without
    from uvloop import run
except ImportError:
    from asyncio import run  # type: ignore[assignment]

_HD = VideoEncoding(VideoCodec.VP8, 1280, 720, 30, 1_200, grain=6)
_HD_STAGE = VideoEncoding(VideoCodec.VP8, 1920, 1080, 15, 2_500)
_SMALL = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150, grain=6)


def _plan(name: str, seconds: int) -> Plan:
    plans = {
        "demo": lambda: demo_plan(seconds),
        "nine": lambda: steady_plan(
            [_HD] * 9,
            stage=_HD_STAGE,
            microphones=10,
            seconds=seconds,
        ),
        "twenty-five": lambda: steady_plan([_SMALL] * 25, seconds=seconds),
        "forty-nine": lambda: steady_plan([_SMALL] * 49, seconds=seconds),
    }
    return plans[name]()


@click.command()
@click.option("--seconds", default=60, type=click.IntRange(1), help="The room closes so long after the first bot came.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--host", default="127.0.0.1", help="The address to serve on.")
@click.option("--token", default="", envvar="ROOMREEL_REHEARSAL_TOKEN", help="Ask bots for this token.")
@click.option("--plan", "name", default="demo", type=click.Choice(["demo", "nine", "twenty-five", "forty-nine"]))
@click.option("--connections", default="per_participant", type=click.Choice([str(one) for one in Connections]))
def main(seconds: int, name: str, *, port: int, host: str, token: str, connections: str) -> None:
    """Serve a room of generated participants until it closes, or until Ctrl-C."""
    settings = RehearsalSettings(host=host, port=port, token=token, connections=Connections(connections))
    with contextlib.suppress(KeyboardInterrupt):
        run(_serve(_plan(name, seconds), settings))


async def _serve(plan: Plan, settings: RehearsalSettings) -> None:
    task = cast("asyncio.Task[None]", asyncio.current_task())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with RehearsalRoom(plan, settings) as room:
            click.echo(room.url)
            await room.closed.wait()
            await room.empty()


if __name__ == "__main__":
    main()
