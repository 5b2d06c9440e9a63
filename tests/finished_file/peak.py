"""How much memory a command of the bot took at most: `python -m tests.finished_file.peak companions FOLDER FILE`.

A process's `ru_maxrss` begins with that of whoever started it; what the kernel counts for its own memory does not."""

import re
import subprocess
import sys
from pathlib import Path

from bot.cli import main

ROOT = Path(__file__).parents[2]


def peak_mb() -> float:
    """Of this process."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def command_peak_mb(*arguments: str) -> float:
    """Of `roomreel ARGUMENTS`, which must end with 0."""
    run = [sys.executable, "-m", "tests.finished_file.peak", *arguments]
    done = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            raise
    sys.stdout.write(f"{peak_mb()}\n")
