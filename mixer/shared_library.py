"""Where a library in C may lie that PyAV's wheel brings along."""

import ctypes.util
from collections.abc import Iterator
from pathlib import Path

import av


def shared_libraries(name: str) -> Iterator[str]:
    """For `ctypes.CDLL`: that of PyAV's wheel (Linux, macOS), then that of the system, which is looked for only then:
    it takes a program. Either may be none."""
    package = Path(av.__file__).parent
    bundled = [*package.parent.glob(f"av.libs/lib{name}*"), *package.glob(f".dylibs/lib{name}*")]
    yield from map(str, sorted(bundled))
    system = ctypes.util.find_library(name)
    if system:
        yield system
