"""Asking what publishers send, of a Janus that answers strangely."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from signaling.janus.failure import NO_SUCH_FEED, RequestError, Unanswered
from signaling.janus.link import Link
from signaling.janus.probe import Probe
from signaling.janus.transaction import Answer

HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
SENT = {7: ("0", "1"), 8: ("0",)}  # by publisher
STRANGE = (7, "1")


class OddLink:
    """A Janus that stumbles over one stream of one publisher."""

    def __init__(self, stumble: str) -> None:
        self.handles = 0
        self._stumble = stumble

    async def attach(self, _listener: object) -> int:
        self.handles += 1
        return self.handles

    async def detach(self, _handle: int) -> None:
        self.handles -= 1

    async def ask(self, _handle: int, body: Mapping[str, Any], **_: object) -> Answer:
        wanted = [
            (item["feed"], mid) for item in body["streams"] for mid in SENT[item["feed"]] if item.get("mid", mid) == mid
        ]
        if not wanted:
            raise RequestError(NO_SUCH_FEED, "No such feed", core=False)
        if STRANGE in wanted and self._stumble == "silence":
            raise Unanswered("Janus did not answer.")
        listed = [
            {"type": "video", "active": True, "mid": str(index), "feed_mid": mid, "feed_id": feed, "codec": "vp8"}
            for index, (feed, mid) in enumerate(wanted)
        ]
        sections = (
            f"m=video 9 UDP/TLS/RTP/SAVPF {-1 if one == STRANGE else 96}\r\na=mid:{index}\r\na=sendonly\r\n"
            for index, one in enumerate(wanted)
        )
        return Answer({"streams": listed}, HEAD + "".join(sections))


@pytest.mark.parametrize("stumble", ["silence", "no sdp"])
async def test_one_strange_stream_costs_no_other(stumble: str) -> None:
    """All that can be read is found, at the first look and at the next; no handle is left over."""
    link = OddLink(stumble)
    probe = Probe(cast("Link", link), lambda streams: {"streams": streams})
    for _ in range(2):
        found = await probe.streams([7, 8])
        assert {feed: [one.feed_mid for one in streams or ()] for feed, streams in found.items()} == {
            7: ["0"],
            8: ["0"],
        }
    assert link.handles == 0
