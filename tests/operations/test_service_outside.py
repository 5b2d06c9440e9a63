"""What a service with a real bot lets out of itself: webhooks, metrics, health and logs."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import standardwebhooks

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.service_api.running import started
from tests.webhooks.receiver import receiver

ROOM = 'algebra/../"}{"event": "forged"}'
TITLE = 'Weekly"}\u2028{"event": "forged"}\u202e meeting'
CONTROLS = 'Weekly\r\n{"event": "forged"}\x1b[31m\x1b]0;forged\x07'
PLAN = replace(steady_plan([VideoEncoding(width=320, height=180, fps=15, kbps=150)]), title=TITLE)
SECRETS = {"token": "T0K3N-of-the-room", "hook": "H00K-in-the-path"}


@pytest.mark.long
async def test_a_recording_seen_from_outside(tmp_path: Path) -> None:
    """Each state is told by a webhook that its library's secret verifies; metrics count the recording; and the logs at
    level debug, of service and bot, are whole lines of JSON with neither forged ones nor any secret of the request."""
    library = tmp_path / "library"
    settings = RehearsalSettings(token=SECRETS["token"])
    async with (
        receiver() as ours,
        receiver() as rooms,
        RehearsalRoom(PLAN, settings) as room,
        started(
            library,
            ROOMREEL_WEBHOOK_URLS=f"{ours.url}/{SECRETS['hook']}",
            ROOMREEL_WEBHOOK_NETWORKS="127.0.0.0/8",
            ROOMREEL_LEAST_FREE_MB="64",
            ROOMREEL_MAX_RECORDINGS="1",
        ) as service,
    ):
        assert (await service.ask("GET", "/livez", token="")).status == 200
        assert (await service.ask("GET", "/readyz", token="")).status == 200
        told = {
            "id": ROOM,
            "url": room.url,
            "token": SECRETS["token"],
            "webhook_url": f"{rooms.url}?key={SECRETS['hook']}",
        }
        forged = await service.ask("POST", "/v1/recordings", {"room": told, "title": CONTROLS})
        assert forged.status == 400
        made = await service.ask("POST", "/v1/recordings", {"room": told})  # the room's own title is no better
        assert made.status == 201, made.body
        recording = made.json["id"]
        await service.state(recording, "recording")
        full = await service.ask("GET", "/readyz", token="")
        assert (full.status, "recording" in full.json["reason"]) == (503, True)
        page = (await service.ask("GET", "/metrics")).body.decode()
        assert "roomreel_can_accept 0.0" in page
        assert 'roomreel_recordings_active{state="recording"} 1.0' in page
        assert "roomreel_first_frame_seconds_count 1.0" in page
        await service.ask("POST", f"/v1/recordings/{recording}/stop")
        await service.state(recording, "available")
        secret = (library / "webhook-secret").read_text().strip()
        for taking in (ours, rooms):
            await taking.wait(6)
            bodies = [standardwebhooks.Webhook(secret).verify(body, headers) for headers, body in taking.came]
            states = [body["data"]["state"] for body in bodies]
            assert (states[0], states[-1]) == ("starting", "available")
            assert len(set(states)) == len(states)
            assert bodies[-1]["data"]["title"] == TITLE
        assert (
            'roomreel_recordings_total{end_reason="stopped"} 1.0'
            in (await service.ask("GET", "/metrics")).body.decode()
        )
        ticket = service.token()
    bot_log = (library / "recordings" / recording / "bot.log").read_text()
    logs = service.log + bot_log
    assert service.log
    assert bot_log
    for line in logs.splitlines():
        assert json.loads(line)["event"] != "forged"
    assert "\x1b" not in logs
    for hidden in (*SECRETS.values(), quote(SECRETS["token"]), secret, ticket, ticket.split(".")[2]):
        assert hidden not in logs
