"""Which message answers which request (janus.plugin API, "transaction")."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from signaling.errors import ProtocolError
from signaling.janus.failure import RequestError

Message = Mapping[str, Any]

OPEN_LIMIT = 1000  # requests without an answer; each is a handful of bytes, more means that Janus no longer answers


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is what the plugin said (empty for the core), `sdp` the offer that came with it."""

    data: Mapping[str, Any]
    sdp: str | None


class Transactions:
    """Requests that wait for an answer. An `ack` answers only what gets nothing better: keepalive, trickle."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._open: dict[str, bool] = {}

    def begin(self, *, ack_is_enough: bool = False) -> str:
        """The name for a new request. Raises ProtocolError when OPEN_LIMIT wait already."""
        if len(self._open) >= OPEN_LIMIT:
            raise ProtocolError(f"Janus left {OPEN_LIMIT} requests without an answer.")
        name = f"r{next(self._numbers)}"
        self._open[name] = ack_is_enough
        return name

    def settle(self, message: Message) -> str | None:
        """The request that `message` is the final answer to, once; None for an event or a late answer."""
        name = message.get("transaction")
        if not isinstance(name, str) or name not in self._open:
            return None
        if message.get("janus") == "ack" and not self._open[name]:
            return None
        del self._open[name]
        return name

    def forget(self, name: str) -> None:
        self._open.pop(name, None)


def read_answer(message: Message) -> Answer:
    """Raises RequestError when it is a refusal, ProtocolError when it is no answer."""
    if message.get("janus") == "error":
        code, text = _reason(message.get("error"), "code", "reason")
        raise RequestError(code, text, core=True)
    return read_event(message)


def read_event(message: Message) -> Answer:
    """What a plugin sent, asked for or not. Raises as `read_answer` does."""
    plugin = message.get("plugindata", {})
    data = plugin.get("data", {}) if isinstance(plugin, Mapping) else None
    jsep = message.get("jsep", {})
    if not isinstance(data, Mapping) or not isinstance(jsep, Mapping):
        raise ProtocolError("Janus sent a message of the wrong shape.")
    if "error_code" in data:
        code, text = _reason(data, "error_code", "error")
        raise RequestError(code, text, core=False)
    core = message.get("data")
    if not data and isinstance(core, Mapping):
        data = core
    sdp = jsep.get("sdp")
    return Answer(data, sdp if isinstance(sdp, str) and jsep.get("type") == "offer" else None)


def _reason(error: object, code_key: str, text_key: str) -> tuple[int, str]:
    if not isinstance(error, Mapping):
        return 0, "no reason given"
    code, text = error.get(code_key), error.get(text_key)
    known = code if isinstance(code, int) and not isinstance(code, bool) else 0
    return known, text[:200] if isinstance(text, str) else "no reason given"
