"""The library's folder and the disk under it."""

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject

MIB = 1 << 20
_WRITES, _WRITE_BYTES = 8, 512 * 1024  # a second of a recording each, and its fsync
SLOW_MS, TOO_SLOW_MS = 200.0, 800.0  # a fragment is written every 800 ms
MB_AN_HOUR = 2000  # at the default bitrate's ceiling


def check(subject: Subject) -> Iterator[Finding]:
    library = subject.library
    existing = next(path for path in (library.absolute(), *library.absolute().parents) if path.exists())
    yield judge_free(shutil.disk_usage(existing).free // MIB, subject.configuration.least_free_mb, existing)
    if existing != library.absolute():
        yield ok("library", f"{library} does not exist yet; the service makes it.")
    elif not library.is_dir():
        yield fail("library", f"{library} is no folder.", "Name another folder with --library.")
        return
    else:
        yield judge_mode(stat.S_IMODE(library.stat().st_mode), library)
    yield from _tried(existing)


def judge_free(free_mib: int, least_mib: int, folder: Path) -> Finding:
    text = f"{free_mib} MiB are free at {folder}; recordings take up to {MB_AN_HOUR} an hour each."
    if free_mib < least_mib:
        return fail("disk", text, f"Free some space: with less than {least_mib} (least_free_mb) no recording begins.")
    if free_mib < least_mib + MB_AN_HOUR:
        return warn("disk", text, "That is less than an hour of one recording: free some space.")
    return ok("disk", text)


def judge_mode(mode: int, library: Path) -> Finding:
    if mode & 0o077:
        return warn(
            "library",
            f"Others than its owner can look into {library} (mode {mode:03o}).",
            f"chmod 700 {library}",
        )
    return ok("library", f"{library} is for its owner alone.")


def judge_speed(slowest_ms: float) -> Finding:
    text = f"Half a MiB is safe on the disk after {slowest_ms:.0f} ms at worst."
    if slowest_ms > TOO_SLOW_MS:
        return fail("disk", text, "Use a local disk: fragments are written every 800 ms, and the mix would wait.")
    if slowest_ms > SLOW_MS:
        return warn("disk", text, "Several recordings at once need a faster disk, or one with less to do.")
    return ok("disk", text)


def _tried(folder: Path) -> Iterator[Finding]:
    """Writes into the folder, and takes everything away again."""
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=folder) as trial:
            yield judge_speed(_slowest_ms(Path(trial)))
            yield _links(Path(trial))
    except OSError as error:
        yield _refused(folder, error)


def _refused(folder: Path, error: OSError) -> Finding:
    remedies = {
        errno.ENOSPC: "Free some space.",
        errno.EROFS: "Mount it for writing, or name another folder with --library.",
    }
    own = (
        f"Let the user that runs roomreel write there (chown {os.geteuid()} {folder}), or name another with --library."
    )
    return fail(
        "library", f"Nothing can be written to {folder}: {error.strerror}.", remedies.get(error.errno or 0, own)
    )


def _slowest_ms(folder: Path) -> float:
    slowest_ns = 0
    data = os.urandom(_WRITE_BYTES)
    with (folder / "speed").open("wb", buffering=0) as file:
        for _ in range(_WRITES):
            began_ns = time.monotonic_ns()
            file.write(data)
            os.fsync(file.fileno())
            slowest_ns = max(slowest_ns, time.monotonic_ns() - began_ns)
    return slowest_ns / 1e6


def _links(folder: Path) -> Finding:
    try:
        os.link(folder / "speed", folder / "link")
    except OSError as error:
        return warn(
            "disk",
            f"The file system has no hard links ({error.strerror}): names of files are given less safely.",
            "Use ext4, XFS or another file system of Linux for the library.",
        )
    return ok("disk", "The file system has hard links.")
