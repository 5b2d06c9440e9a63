"""What an encoder does to its process, undone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_priority() -> Iterator[None]:
    """Where it may, SVT-AV1 makes whoever opens it a real-time process, and all that process starts later with it: they
    run ahead of everything else on the machine, and are never interrupted. For the calling thread; Linux only."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, parameter)
