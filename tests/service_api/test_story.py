"""A recording from the request to the download, over HTTP, by everybody who is in the room; and by the command line."""

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.remote.event_lines import EventReader
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.service_api.running import PATIENCE_S, RunningService, started

pytestmark = pytest.mark.long

CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)
TITLE = 'Räume / "Pläne"; a=b'


async def events_of(service: RunningService, token: str, last_id: str = "") -> AsyncIterator[tuple[str, Any, str]]:
    """Name, values and id of each event."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_id} if last_id else {})
    reader = EventReader()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{service.url}/v1/events", headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        async for data in response.content.iter_any():
            for event in reader.read(data):
                yield event.name, event.data, event.id


class Ear:
    """Somebody's events, collected while other things happen."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.heard: list[tuple[str, Any, str]] = []
        self.task = asyncio.create_task(self._listen(service, token))

    async def _listen(self, service: RunningService, token: str) -> None:
        async for event in events_of(service, token):
            self.heard.append(event)

    def notices(self) -> list[str]:
        return [values["text"] for name, values, _ in self.heard if name == "notice"]

    def states(self) -> list[str]:
        states = [values["state"] for name, values, _ in self.heard if name == "recording"]
        return [state for state, before in zip(states, [None, *states], strict=False) if state != before]


def decoded(data: bytes) -> tuple[int, float]:
    """Pictures and seconds of an MP4, decoded to its last byte without an error."""
    with av.open(io.BytesIO(data), "r") as file:
        count = len(list(file.decode(video=0)))
        return count, float((file.duration or 0) / av.time_base)


async def test_the_whole_story(tmp_path: Path) -> None:
    """Asked for by the moderator; seen by each as they may; paused and resumed; stopped; downloaded in pieces."""
    async with RehearsalRoom(steady_plan([CAMERA])) as room, started(tmp_path / "library") as service:
        moderator, participant = service.token("moderator", "r/1"), service.token("participant", "r/1")
        phone = service.token("moderator", "r/1", device="mobile")
        told = {"url": room.url, "title": "Room", "owners": ["olga"]}
        assert (await service.ask("PUT", "/v1/rooms/r%2F1", told)).status == 200
        ears = [Ear(service, token) for token in (moderator, participant)]
        await asyncio.sleep(0.5)

        key = {"Idempotency-Key": "k1"}
        body = {"room": {"id": "r/1"}, "title": TITLE}
        begun = await service.ask("POST", "/v1/recordings", body, token=moderator, headers=key)
        assert begun.status == 201
        recording = begun.json["id"]
        address = f"/v1/recordings/{recording}"
        assert begun.headers["Location"] == address
        again = await service.ask("POST", "/v1/recordings", body, token=moderator, headers=key)
        assert (again.status, again.json["id"]) == (201, recording)
        other = await service.ask("POST", "/v1/recordings", body | {"title": "x"}, token=moderator, headers=key)
        assert (other.status, "Idempotency-Key" in other.json["detail"]) == (409, True)
        second = await service.ask("POST", "/v1/recordings", body, token=moderator)
        assert (second.status, second.json["recording"]) == (409, recording)

        await service.state(recording, "recording")
        seen = (await service.ask("GET", address, token=participant)).json
        assert seen == {"id": recording, "room": {"id": "r/1"}, "state": "recording"}
        assert (await service.ask("GET", address, token=moderator)).json["live"]["participants"] == 1
        assert (await service.ask("POST", f"{address}/stop", token=phone)).status == 403
        assert (await service.ask("GET", f"{address}/picture", token=phone)).body[:2] == b"\xff\xd8"
        for path in ("/picture", "/file?part=1"):
            assert (await service.ask("GET", address + path, token=participant)).status == 403
        assert (await service.ask("GET", f"{address}/file", token=moderator)).status == 409
        await _growing(service, address, moderator)

        assert (await service.ask("POST", f"{address}/pause", token=moderator)).json["state"] == "paused"
        assert (await service.ask("POST", f"{address}/resume", token=moderator)).json["state"] == "recording"
        laid = await service.ask("PUT", f"{address}/layout", {"layout": "grid"}, token=moderator)
        assert laid.json["layout"] == "grid"
        assert (await service.ask("POST", f"{address}/stop", token=moderator)).status == 200
        finished = await service.state(recording, "available")
        assert (finished["owner"], finished["started_by"]) == ("olga", "moderator@r/1")
        assert (await service.ask("GET", f"{address}/file?part=1", token=moderator)).status == 409
        assert (await service.ask("POST", f"{address}/stop", token=moderator)).status == 409
        await _finished(service, address, finished, participant)
        await _heard(*ears, service=service, token=moderator)


async def _growing(service: RunningService, address: str, token: str) -> None:
    """What there is so far decodes to its end, and the next bytes follow without a seam."""
    whole = await service.ask("GET", f"{address}/file?part=1", token=token)
    assert decoded(whole.body)[0] > 0
    first = len(whole.body)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rest = await service.ask("GET", f"{address}/file?part=1", token=token, headers={"Range": f"bytes={first}-"})
            if rest.status == 206:
                break
            assert rest.headers["Content-Range"] == f"bytes */{first}"
            await asyncio.sleep(0.2)
    assert rest.headers["Content-Range"] == f"bytes {first}-{first + len(rest.body) - 1}/*"
    assert rest.body[4:8] == b"moof"
    assert decoded(whole.body + rest.body)[0] > decoded(whole.body)[0]
    assert (await service.ask("GET", f"{address}/file?part=2", token=token)).status == 404


async def _finished(service: RunningService, address: str, finished: dict[str, Any], token: str) -> None:
    """The same bytes at once, in pieces, and by a link without a token; the link opens nothing else."""
    whole = await service.ask("GET", f"{address}/file", token=token)
    count, seconds = decoded(whole.body)
    assert count > 0
    assert abs(seconds - finished["duration_s"]) < 0.1
    assert len(whole.body) == finished["size_bytes"]
    tag = whole.headers["ETag"]
    assert "filename*=UTF-8''" in whole.headers["Content-Disposition"]
    half = len(whole.body) // 2
    pieces = b""
    for wanted in (f"bytes=0-{half - 1}", f"bytes={half}-"):
        piece = await service.ask("GET", f"{address}/file", token=token, headers={"Range": wanted, "If-Range": tag})
        assert piece.status == 206
        pieces += piece.body
    assert pieces == whole.body
    stale = await service.ask("GET", f"{address}/file", token=token, headers={"Range": "bytes=0-9", "If-Range": '"x"'})
    assert (stale.status, len(stale.body)) == (200, len(whole.body))
    known = await service.ask("GET", f"{address}/file", token=token, headers={"If-None-Match": tag})
    assert (known.status, known.body) == (304, b"")
    head = await service.ask("HEAD", f"{address}/file", token=token)
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(whole.body)), b"")
    assert (await service.ask("GET", f"{address}/poster", token=token)).body[:2] == b"\xff\xd8"
    link = (await service.ask("POST", f"{address}/links", {"what": "file"}, token=token)).json["url"]
    assert (await service.ask("GET", link, token="")).body == whole.body
    assert (await service.ask("GET", link.replace("/file?", "/poster?"), token="")).status == 403
    assert (await service.ask("GET", link[:-3] + "abc", token="")).status == 401
    assert link.partition("ticket=")[2] not in service.log


async def _heard(moderator: Ear, participant: Ear, *, service: RunningService, token: str) -> None:
    """The design's words, each to its audience; and what is asked for again comes again."""
    await asyncio.sleep(0.5)
    assert moderator.notices() == [
        "Recording will start momentarily, please wait.",
        "This session is being recorded.",
        "Recording ended, starting upload.",
        "Your recording file is available.",
    ]
    assert participant.notices() == [
        "Recording will start momentarily, please wait.",
        "This session is being recorded.",
        "The recording has completed.",
    ]
    assert participant.states()[:4] == ["starting", "recording", "paused", "recording"]
    assert participant.states()[-1] == "available"
    running = [values for name, values, _ in participant.heard if name == "recording" and "live" in values]
    assert {values["state"] for values in running} <= {"available"}
    assert any(values.get("live") for name, values, _ in moderator.heard if name == "recording")
    first_id = moderator.heard[0][2]
    async with asyncio.timeout(PATIENCE_S):
        async for name, values, _ in events_of(service, token, first_id):
            assert (name, values["code"]) == ("notice", "recording_starting")
            break
        async for name, _, _ in events_of(service, token, "another-1"):
            assert name == "reset"
            break
    for ear in (moderator, participant):
        ear.task.cancel()


async def command(service: RunningService, *words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `roomreel WORDS --library …`, in this process."""
    arguments = [*words, "--library", str(service.library)]
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)
    return result.exit_code, result.stdout, result.stderr


async def command_process(service: RunningService, *words: str, **environment: str) -> tuple[int, str, str]:
    """The same as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words, "--library", str(service.library)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    out, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    return process.returncode or 0, out.decode(), errors.decode()


async def test_breakouts_and_the_command_line(tmp_path: Path) -> None:
    """One request records all breakouts; their files are the moderators'; the commands do what the API does."""
    async with (
        RehearsalRoom(steady_plan([CAMERA])) as room,
        RehearsalRoom(steady_plan([CAMERA])) as breakout,
        started(tmp_path / "library") as service,
    ):
        assert (await command(service, "start", "main"))[0] == 2
        code, out, errors = await command(service, "start", "main", "--url", room.url, "--title", "Main")
        assert code == 0, errors
        first = out.strip()
        told = {"url": breakout.url, "kind": "breakout", "parent": "main", "title": "Group 1"}
        assert (await service.ask("PUT", "/v1/rooms/b1", told)).status == 200
        unreachable = told | {"url": "roomreel+ws://127.0.0.1:9/rooms/none"}
        assert (await service.ask("PUT", "/v1/rooms/b2", unreachable)).status == 200
        moderator, participant = service.token("moderator", "main"), service.token("participant", "b1")
        begun = await service.ask("POST", "/v1/rooms/main/breakouts/start", token=moderator)
        results = {result["room"]["id"]: result for result in begun.json["results"]}
        assert set(results) == {"b1", "b2"}
        group = results["b1"]["recording"]["id"]
        await service.state(group, "recording")
        await service.state(first, "recording")
        page = (await service.ask("GET", "/v1/rooms/main", token=moderator)).json
        assert {entry["room"]["id"]: (entry["recording"] or {}).get("id") for entry in page["breakouts"]}["b1"] == group
        assert (await service.ask("GET", "/v1/rooms/main", token=service.token("participant", "main"))).json[
            "breakouts"
        ] == []

        assert (await command(service, "pause", "main"))[0] == 0
        assert (await service.ask("GET", f"/v1/recordings/{first}")).json["state"] == "paused"
        code, out, _ = await command(service, "show", "main", "--json")
        assert (code, json.loads(out)["id"]) == (0, first)
        assert (await command(service, "layout", first[:-2], "speaker"))[0] == 0
        assert (await command(service, "stop", "main"))[0] == 0
        assert (await command(service, "stop", "nothing-like-it"))[0] == 2
        assert (await service.ask("POST", "/v1/rooms/main/breakouts/stop", token=moderator)).status == 200
        done = await service.state(group, "available")
        assert done["folder"] == "Breakout room recordings"
        code, out, _ = await command_process(service, "list")
        assert [first in out, group in out, "Main" in out] == [True, True, True]

        file = f"/v1/recordings/{group}/file"
        assert (await service.ask("GET", file, token=moderator)).status == 200
        assert (await service.ask("GET", file, token=participant)).status == 404
        listed = await service.ask("GET", "/v1/recordings", token=participant)
        assert listed.json["recordings"] == []
        wrong = {"ROOMREEL_SERVICE": "http://127.0.0.1:1"}
        code, out, errors = await command(service, "list", **wrong)
        assert (code, out, "--token" in errors) == (2, "", True)
        code, out, errors = await command(service, "list", **wrong, ROOMREEL_SERVICE_TOKEN="abc")
        assert (code, out, "cannot be reached" in errors) == (3, "", True)
        assert (await command(service, "list", ROOMREEL_SERVICE_TOKEN="abc"))[0] == 2
