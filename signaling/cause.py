"""Why a connection failed, in words for a person."""

import os


def plainly(error: BaseException) -> str:
    """In the system's words where there are any: those of asyncio and aiohttp hold addresses, once more, and tuples.
    Without a full stop."""
    cause = getattr(error, "os_error", None) or error
    number = getattr(cause, "errno", None)
    if number is not None and number > 0:
        return os.strerror(number)
    return str(getattr(cause, "strerror", None) or error or type(error).__name__).rstrip(".")
