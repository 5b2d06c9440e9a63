"""The clock: file names, tokens and webhooks carry its time, and rooms must not end early."""

import ctypes
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject

_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_WATCHED_S = 0.5
_MOST_SLIP_MS = 20.0  # between the two clocks while it is watched; NTP slews by half a millisecond a second
EARLIEST, LATEST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def check(_subject: Subject) -> Iterator[Finding]:
    yield judge_date(datetime.now(UTC))
    yield judge_synchronisation(_clock_state())
    yield judge_slip(_slip_ms())


def judge_date(now: datetime) -> Finding:
    text = f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC."
    if EARLIEST <= now <= LATEST:
        return ok("clock", text)
    return fail("clock", text, "Set it: tokens and certificates are not valid at that time.")


def judge_synchronisation(state: int | None) -> Finding:
    """`state` is what adjtimex(2) returns; None: it could not be asked."""
    if state is None:
        return warn("clock", "The kernel does not say whether the clock is synchronised.", "Run timedatectl to see.")
    if state == _UNSYNCHRONISED:
        return warn(
            "clock",
            "The clock is not synchronised: tokens and webhooks fail when it is some minutes off.",
            "Run an NTP service (timedatectl set-ntp true); in a container or virtual machine, on its host.",
        )
    return ok("clock", "The clock is synchronised.")


def judge_slip(slip_ms: float) -> Finding:
    if abs(slip_ms) > _MOST_SLIP_MS:
        return warn(
            "clock",
            f"The wall clock moved {slip_ms:.0f} ms against the steady one within {_WATCHED_S} s.",
            "Find out what sets it: two programs that do, or a virtual machine's host.",
        )
    return ok("clock", f"Wall clock and steady clock agree to {abs(slip_ms):.1f} ms.")


def _slip_ms() -> float:
    before_ns = time.time_ns() - time.monotonic_ns()
    time.sleep(_WATCHED_S)
    return (time.time_ns() - time.monotonic_ns() - before_ns) / 1e6


def _clock_state() -> int | None:
    """Asks, and changes nothing: needs no rights."""
    timex = (ctypes.c_byte * 512)()  # struct timex, all zero: modes 0; larger than any kernel's
    try:
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None
