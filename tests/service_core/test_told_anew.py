"""A room that is told of anew while it is recorded: the recording goes by what was said last."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.control.status import Status
from bot.library.places import work_folder
from bot.lifecycle import EndReason
from bot.recording import Order
from bot.service.ownership import put_room
from bot.service.recordings import Recordings
from signaling.rehearsal.encoding import SoundEncoding
from signaling.rehearsal.plan import Leave, ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.room import RehearsalRoom
from tests.service_core.running import CAMERA, configured, entry, over, until, until_recorded

LEAVES_NS = 1_500_000_000


def _people() -> Plan:
    """The room itself calls nobody its host."""
    people = tuple(
        ParticipantPlan(identity, identity.title(), (PublicationPlan("camera", number, (CAMERA,), SoundEncoding()),))
        for number, identity in enumerate(("ada", "ben"), 1)
    )
    return Plan(people, (Leave(LEAVES_NS, "ada"),))


@pytest.mark.long
async def test_new_hosts_and_more_time(tmp_path: Path) -> None:
    """Ada, the host, has gone; Ben is made a host as well, and so nobody is missed. The room gets more time, and then
    less than it has had already."""
    async with (
        RehearsalRoom(_people()) as room,
        Recordings(configured(tmp_path / "library", host_absent_s=300)) as service,
    ):
        told = replace(entry(room.url), hosts=("ada",), opened_at=time.time() - 5, timeout_s=60.0)
        await put_room(service, told)
        made = await service.start(told, by="ann")
        await until_recorded(service, made.id)
        await until(lambda: service.get(made.id).host_absent_until is not None)

        told = replace(told, hosts=("ada", "ben"))
        await put_room(service, told)
        await until(lambda: service.get(made.id).host_absent_until is None)

        ends = [_ends_at(service, made.id)]
        for timeout_s in (7200.0, 3600.0):
            await put_room(service, told := replace(told, timeout_s=timeout_s))
            ends.append(_ends_at(service, made.id))
        assert told.opened_at is not None
        expected = [told.opened_at + timeout_s for timeout_s in (60, 7200, 3600)]
        assert ends == pytest.approx(expected, abs=1)
        order = Order.read(work_folder(service.library, made.id))  # for the next bot, should this one die
        assert (order.hosts, order.room_timeout_s) == (("ada", "ben"), 3600)

        await put_room(service, replace(told, timeout_s=5.0))
        done = await over(service, made.id)
        assert (done.end_reason, done.problem, done.interruptions) == (EndReason.ROOM_TIMEOUT, "", 0)
        await put_room(service, told)  # nobody records it: there is nobody to tell
        await service.idle.wait()


def _ends_at(service: Recordings, recording_id: str) -> float | None:
    live = service.get(recording_id).live
    return None if live is None else live.ends_at


@pytest.mark.long
async def test_told_while_no_bot_listens(tmp_path: Path) -> None:
    """The bot has just died: the next one knows when the room was opened, as it was told of last."""
    async with RehearsalRoom(_people()) as room, Recordings(configured(tmp_path / "library")) as service:
        told = replace(entry(room.url), opened_at=time.time() - 5, timeout_s=3600.0)
        await put_room(service, told)
        made = await service.start(told, by="ann")
        await until_recorded(service, made.id)
        status = Status.read(work_folder(service.library, made.id))
        assert status is not None
        os.kill(status.pid, signal.SIGKILL)
        expected = time.time() - 1800 + 3600
        await put_room(service, replace(told, opened_at=expected - 3600))
        await until(lambda: abs((_ends_at(service, made.id) or 0) - expected) < 1)
        await until(lambda: service.get(made.id).interruptions == 1)
        await service.stop(made.id)
        assert (await over(service, made.id)).problem == ""
        await service.idle.wait()
