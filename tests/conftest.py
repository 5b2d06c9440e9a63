"""What every test may lean on."""

import os
import shutil

import pytest

_PACKAGES = {"janus": "janus", "chromium": "chromium", "ffprobe": "ffmpeg", "ip": "iproute2"}


def _missing(item: pytest.Item) -> list[str]:
    marker = item.get_closest_marker("needs")
    programs = marker.args if marker else ()
    missing = [_PACKAGES[name] for name in programs if shutil.which(name) is None]
    if "ip" in programs and os.geteuid() != 0:
        missing.append("root (for a network namespace)")
    return missing


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what lacks a program, with a line that says what to install; where no skip is allowed, fail."""
    missing = _missing(item)
    if not missing:
        return
    message = f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}"
    if os.environ.get("ROOMREEL_TESTS_SKIP") == "never":
        pytest.fail(message)
    pytest.skip(message)
