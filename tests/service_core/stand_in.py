"""A bot that does not record, but does what its argument says: `dies` with a part that holds nothing, `ends` at once
and has much to say, or `finishes` what it is told to finish and dies otherwise. Each order is noted in the folder."""

import json
import sys
from pathlib import Path

from bot.control.process import own
from bot.control.status import Status
from bot.lifecycle import EndReason, State

WORDS = "word " * 20_000


def last_word(folder: Path, how: str, finish: bool, reason: EndReason | None) -> Status:
    pid, started = own()
    said = Status(recording=folder.name, part=1, state=State.RECORDING, pid=pid, pid_started=started, end_reason=reason)
    if how == "ends" or (how == "finishes" and finish):
        return Status(
            recording=folder.name,
            part=1,
            state=State.AVAILABLE,
            pid=pid,
            pid_started=started,
            end_reason=reason or EndReason.STOPPED,
            problem=WORDS if how == "ends" else "",
        )
    return said


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if line := sys.stdin.readline():
        order = json.loads(line)
        place = Path(order["folder"])
        with (place / "orders.txt").open("a") as orders:
            orders.write(line)
        (place / "part-0001.mp4").touch()
        last_word(place, sys.argv[1], order["finish"], EndReason(order["reason"]) if order["reason"] else None).write(
            place
        )
