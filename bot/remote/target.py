"""Which recording is meant by what somebody typed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import UnknownRecording

MOST_LISTED = 200
_WHOLE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_OVER = frozenset({"uploading", "available", "failed"})


def find(text: str, recordings: Sequence[Mapping[str, Any]]) -> str:
    """The id of the recording whose id begins with `text`; or of the room with that id the one that runs, else the
    newest. `recordings` are the newest first. Raises UnknownRecording, also when several could be meant."""
    in_room = [one for one in recordings if one["room"]["id"] == text]
    for one in in_room:
        if one["state"] not in _OVER:
            return str(one["id"])
    if in_room:
        return str(in_room[0]["id"])
    ids = [str(one["id"]) for one in recordings if str(one["id"]).startswith(text)] if text else []
    if text in ids:
        return text
    if len(ids) == 1:
        return ids[0]
    if _WHOLE_ID.fullmatch(text):  # perhaps an old one, beyond the list
        return text
    if ids:
        raise UnknownRecording(f"{len(ids)} recordings begin with {text!r}; write more of the id.")
    raise UnknownRecording(f"There is no recording and no recorded room {text!r}; `roomreel list` shows what there is.")
