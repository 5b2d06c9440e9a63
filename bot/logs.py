"""Logs: events with keys, on standard error; every line carries the recording's id once it is bound."""

import logging
import sys
from typing import TextIO

import structlog

_SECRETS = ("token", "pin", "secret", "password", "authorization")


def configure(level: str, *, as_json: bool, file: TextIO = sys.stderr) -> None:
    """Called once by the command line. Libraries that use `logging` come out at the same level by the same door."""
    shared: list[structlog.typing.Processor] = [
        _add_recording,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=True)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=file.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


# One bot process makes one recording; a context variable would not reach the mixer's threads.
_bound: dict[str, str] = {}


def bind_recording(recording_id: str) -> None:
    """From now on every line of every thread carries the id."""
    _bound["recording"] = recording_id


def _add_recording(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event.update(_bound)
    return event


def hide_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A key that names a secret is shown as present, never with its value."""
    for key in event:
        if any(word in key.lower() for word in _SECRETS):
            event[key] = "(hidden)"
    return event
