"""Processor and memory, as far as this process may use them."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.configuration import Configuration
from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.service.admission import assumed_cores
from bot.service.machine import Machine

MIB = 1 << 20
RECORDING_MIB = 500  # of one bot with 25 cameras; a spare bot beside it takes 150
LEAST_FILES = 1024
# Version 2 and version 1 of control groups.
_MEMORY_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def check(subject: Subject) -> Iterator[Finding]:
    yield judge_cores(Machine(_existing(subject.library)).cores, subject.configuration)
    yield judge_memory(_available_bytes(_meminfo(), _group_free()))
    yield judge_load(os.getloadavg()[0], Machine(_existing(subject.library)).cores)


def judge_cores(cores: float, configuration: Configuration) -> Finding:
    needed = assumed_cores(configuration)
    text = f"{cores:.3g} cores; a recording takes about {needed:.2g} of one."
    if cores < needed:
        return fail("cores", text, "Give the machine (or its container) more processor, or set a smaller picture.")
    if cores < 2:
        return warn("cores", text, "Give it two: what is left must carry everything else.")
    return ok("cores", text)


def judge_memory(available_bytes: int) -> Finding:
    text = f"{available_bytes // MIB} MiB of memory are available; a recording takes up to {RECORDING_MIB}."
    if available_bytes < RECORDING_MIB * MIB:
        return fail("memory", text, "Give the machine (or its container) more memory, or end what else runs on it.")
    if available_bytes < 2 * RECORDING_MIB * MIB:
        return warn("memory", text, "That is one recording at a time; give it more for several.")
    return ok("memory", text)


def judge_load(load: float, cores: float) -> Finding:
    text = f"{load:.1f} processes wanted {cores:.3g} cores in the last minute."
    if load > 2 * cores:
        return warn("load", text, "End what else runs on the machine: recordings give way in quality first.")
    return ok("load", text)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())


def _meminfo() -> Mapping[str, int]:
    """Bytes."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}


def _group_free() -> int | None:
    """Bytes the control group may still take; None: no limit is known."""
    for limit, used in _MEMORY_LIMITS:
        try:
            most, now = Path(limit).read_text().strip(), int(Path(used).read_text())
            return None if most == "max" else int(most) - now
        except (OSError, ValueError):
            continue
    return None


def _available_bytes(meminfo: Mapping[str, int], group_free: int | None) -> int:
    available = meminfo["MemAvailable"]
    return available if group_free is None else min(available, max(0, group_free))
