"""Python and the libraries, against what was tested."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject

LEAST_PYTHON = (3, 11)
# As in scripts/constraints.txt.
TESTED: Mapping[str, str] = {
    "aiortc": "1.16.0",
    "aioice": "0.13.0",
    "pylibsrtp": "1.0.0",
    "av": "18.1.0",
    "opencv-python-headless": "5.0.0.93",
    "numpy": "2.4.6",
    "aiohttp": "3.14.5",
    "click": "8.5.1",
    "structlog": "26.1.0",
    "PyJWT": "2.15.1",
    "prometheus_client": "0.26.0",
    "aiobotocore": "3.10.0",
    "obstore": "0.12.1",
    "uvloop": "0.23.0",
}
_REMEDY = "Install the tested versions: pip install -c scripts/constraints.txt roomreel."


def check(_subject: Subject) -> Iterator[Finding]:
    yield judge_python((sys.version_info.major, sys.version_info.minor), f"{sys.version.split()[0]}")
    yield from judge_libraries({name: _installed(name) for name in TESTED})


def judge_python(found: tuple[int, int], text: str) -> Finding:
    if found < LEAST_PYTHON:
        return fail("python", f"Python is {text}.", "Install Python 3.11 or later.")
    return ok("python", f"Python is {text}.")


def judge_libraries(installed: Mapping[str, str | None]) -> Iterable[Finding]:
    missing = [name for name, found in installed.items() if found is None]
    other = [f"{name} {found} (tested: {TESTED[name]})" for name, found in installed.items() if found != TESTED[name]]
    if missing:
        return [fail("libraries", f"Not installed: {', '.join(missing)}.", _REMEDY)]
    if other:
        return [warn("libraries", f"Other than tested: {', '.join(other)}.", _REMEDY)]
    return [ok("libraries", f"All {len(installed)} libraries are of the tested versions.")]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
