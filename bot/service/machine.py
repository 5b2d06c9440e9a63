"""What the machine has to spare: read from /proc and from the control group this process is in."""

import os
import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from bot.service.admission import Reading

AVERAGED_S = 5
_TICKS = os.sysconf("SC_CLK_TCK")
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class _Sample:
    at_ns: int
    idle_ticks: int  # of all cores we may use
    used_ns: int | None  # by the control group


class Machine:
    """`sample` about once a second; `read` any time."""

    def __init__(self, folder: Path) -> None:
        """`folder` is on the disk that counts."""
        self._folder = folder
        self._cores = os.sched_getaffinity(0)
        self._group = _control_group()
        limit = _limit(self._group)
        self.cores = float(len(self._cores)) if limit is None else min(len(self._cores), limit)
        self._is_limited = limit is not None
        self._samples: deque[_Sample] = deque(maxlen=AVERAGED_S + 1)

    def sample(self, now_ns: int) -> None:
        used_ns = _group_used_ns(self._group) if self._is_limited else None
        self._samples.append(_Sample(now_ns, _idle_ticks(self._cores), used_ns))

    def read(self) -> Reading:
        """Before the second sample everything counts as spare."""
        return Reading(self.cores, self._spare_cores(), shutil.disk_usage(self._folder).free)

    def _spare_cores(self) -> float:
        if len(self._samples) < 2:
            return self.cores
        first, last = self._samples[0], self._samples[-1]
        elapsed_ns = max(1, last.at_ns - first.at_ns)
        spare = (last.idle_ticks - first.idle_ticks) / _TICKS * 1e9 / elapsed_ns
        if first.used_ns is not None and last.used_ns is not None:
            spare = min(spare, self.cores - (last.used_ns - first.used_ns) / elapsed_ns)
        return min(self.cores, max(0.0, spare))


def _idle_ticks(cores: set[int]) -> int:
    """Waiting for a disk is idle; what a hypervisor took away is not."""
    wanted = {f"cpu{core}" for core in cores}
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    return sum(int(words[4]) + int(words[5]) for words in lines if words and words[0] in wanted)


def _control_group() -> Path | None:
    """The folder of this process's control group (version 2)."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    name = next((line[3:] for line in lines if line.startswith("0::")), None)
    if name is None:
        return None
    folder = _GROUPS / name.lstrip("/")
    return folder if folder.is_dir() else _GROUPS


def _limit(group: Path | None) -> float | None:
    """Cores that the group and those around it may use; None: as many as there are."""
    limits = []
    while group is not None and group.is_relative_to(_GROUPS):
        try:
            quota, period = (group / "cpu.max").read_text().split()
            if quota != "max":
                limits.append(int(quota) / int(period))
        except (OSError, ValueError):
            pass  # the root has none
        group = group.parent
    return min(limits, default=None)


def _group_used_ns(group: Path | None) -> int | None:
    try:
        lines = (group / "cpu.stat").read_text().splitlines() if group is not None else []
        return next(int(line.split()[1]) * 1000 for line in lines if line.startswith("usage_usec "))
    except (OSError, StopIteration, ValueError):
        return None
