"""What every test may lean on."""

import os
import shutil

import pytest

_PACKAGES = {"janus": "janus", "chromium": "chromium", "ffprobe": "ffmpeg", "ip": "iproute2", "mount": "mount"}
_ROOTS = {"ip": "a network namespace", "mount": "a small file system"}


def _missing(item: pytest.Item) -> list[str]:
    marker = item.get_closest_marker("needs")
    programs = marker.args if marker else ()
    missing = [_PACKAGES[name] for name in programs if shutil.which(name) is None]
    if os.geteuid() != 0:
        missing += [f"root (for {_ROOTS[name]})" for name in programs if name in _ROOTS]
    return missing


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what lacks a program, with a line that says what to install; where no skip is allowed, fail."""
    missing = _missing(item)
    if not missing:
        return
    message = f"needs {', '.join(missing)}; on Debian, as root: apt-get install the packages named here"
    if os.environ.get("ROOMREEL_TESTS_SKIP") == "never":
        pytest.fail(message)
    pytest.skip(message)
