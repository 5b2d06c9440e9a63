"""Durations as people write them: 90s, 15m, 1h30m, 24h, or plain seconds."""

import re

_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_TERM = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")


def parse_duration_s(text: str) -> float:
    """Seconds. Raises ValueError with a sentence."""
    stripped = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", stripped):
        return float(stripped)
    terms = _TERM.findall(stripped)
    if not terms or "".join(amount + unit for amount, unit in terms) != stripped:
        raise ValueError(f"{text!r} is no duration; write it like 90s, 15m or 1h30m.")
    return sum(float(amount) * _UNITS_S[unit] for amount, unit in terms)


def clock_text(seconds: float) -> str:
    """0:00:07, for a counter that is read at a glance."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def short_clock_text(seconds: float) -> str:
    """0:12, or 1:02:03: the same without hours where there are none."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}" if whole < 3600 else clock_text(seconds)
