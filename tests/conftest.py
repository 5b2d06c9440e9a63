"""What every test may lean on."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.turns import turn


def _policy() -> int:
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else 0


_POLICY = _policy()
_PACKAGES = {
    "janus": "janus",
    "chromium": "chromium",
    "ffprobe": "ffmpeg",
    "ip": "iproute2",
    "mount": "mount",
    "azurite-blob": "azurite (by npm install -g)",
}
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


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """No test may leave the process, and all that it starts, ahead of the others on the machine (see kept_priority)."""
    if (now := _policy()) != _POLICY:
        os.sched_setscheduler(0, _POLICY, os.sched_param(0))
        pytest.fail(f"{item.name} has left the process with scheduling policy {now}")


def _place(item: pytest.Item) -> tuple[bool, ...]:
    return tuple(_is(item, name) for name in ("alone", "paced", "long"))


def _is(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, then the long ones, then those that wait for the clock more than they work, and at last those
    that want the machine for themselves."""
    items.sort(key=_place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes run tests, one that is marked `alone` waits until the others rest, and they wait for it.
    The waiting is no part of any test's duration."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    with turn(Path(__file__), alone=_is(item, "alone")):
        return (yield)
