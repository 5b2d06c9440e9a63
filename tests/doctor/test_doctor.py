"""`roomreel doctor` as it is called, on machines with something wrong."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bot.configuration import Configuration
from bot.doctor import clock, decoders, encoder, ports, running_service
from bot.doctor.finding import Grade
from bot.doctor.room import judge
from bot.doctor.specimens import PICTURES, SOUNDS
from bot.doctor.subject import Subject
from bot.doctor.visit import visit
from bot.service.address import Note
from mixer.frame import Codec
from signaling.address import parse_address
from signaling.errors import SignalingError
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings

SMALL = {
    "ROOMREEL_WIDTH": "640",
    "ROOMREEL_HEIGHT": "360",
    "ROOMREEL_SERVICE_PORT": "0",
    "ROOMREEL_LEAST_FREE_MB": "64",
}
PLAN = steady_plan([VideoEncoding(codec, 320, 180, 15, 150) for codec in (VideoCodec.VP8, VideoCodec.H264)])


def doctor(*arguments: str, **environment: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, findings, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor", "--json", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | SMALL | environment,
        check=False,
        timeout=120,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def failures(findings: list[dict[str, Any]]) -> list[str]:
    return [finding["check"] for finding in findings if finding["grade"] == "fail"]


@pytest.mark.long
def test_a_machine_that_can_record(tmp_path: Path) -> None:
    """Everything is looked at, nothing fails, nothing is left behind, and the exit code says so."""
    library = tmp_path / "library"
    library.mkdir(mode=0o700)
    code, findings, errors = doctor("--library", str(library))
    assert (code, failures(findings)) == (0, []), errors
    assert {"python", "transport", "decoders", "encoder", "cores", "memory", "clock", "disk", "keys", "ports"} <= {
        finding["check"] for finding in findings
    }
    assert list(library.iterdir()) == []


@pytest.mark.long
def test_a_machine_that_cannot(tmp_path: Path) -> None:
    """A library that is a file, a key that others can read, a port that is taken, a room that is not there: all are
    found in one go, each with a remedy, the room's pin in none of them, and the exit code is 1."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [{"kid": "a", "secret": "k" * 40}]}))
    (tmp_path / "keys.json").chmod(0o644)
    with socket.socket() as taken, socket.socket() as nowhere:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        nowhere.bind(("127.0.0.1", 0))
        code, findings, errors = doctor(
            f"janus+ws://127.0.0.1:{nowhere.getsockname()[1]}/1234?pin=S3CRET",
            "--library",
            str(tmp_path),
            ROOMREEL_SERVICE_PORT=str(taken.getsockname()[1]),
            ROOMREEL_LEAST_FREE_MB=str(1 << 30),
        )
    assert code == 1
    assert set(failures(findings)) == {"keys", "ports", "disk", "room"}
    assert all(finding["remedy"] for finding in findings if finding["grade"] != "ok")
    assert "S3CRET" not in json.dumps(findings) + errors
    assert "kkkkkkkk" not in json.dumps(findings) + errors
    assert doctor("--library", str(tmp_path / "keys.json"), ROOMREEL_ENCODER="x264")[0] == 1


def test_wrong_use() -> None:
    """A URL of no known kind, or an unknown setting, is a wrong use: exit code 2 and a sentence."""
    for arguments, environment in ((["https://server.example/"], {}), ([], {"ROOMREEL_NOTHING": "1"})):
        code, findings, errors = doctor(*arguments, **environment)
        assert (code, findings) == (2, [])
        assert errors.strip().endswith(".")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_a_folder_that_cannot_be_written() -> None:
    """Found by trying, as the user that runs it."""
    program = (
        "import os, sys; from pathlib import Path; from bot.configuration import Configuration\n"
        "from bot.doctor import disk; from bot.doctor.subject import Subject\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "for f in disk.check(Subject(Configuration(), Path(sys.argv[1]))): print(f.grade, f.text, f.remedy)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
    assert f"fail Nothing can be written to {folder}: Permission denied." in done.stdout, done.stderr
    assert "chown 65534" in done.stdout


@pytest.mark.parametrize("codec", [*PICTURES, *SOUNDS])
def test_specimens(codec: Codec) -> None:
    """Each is decoded and recognised; with its data spoilt, or those of another codec, it is not."""
    if codec in SOUNDS:
        assert decoders.sound_problem(codec, SOUNDS[codec]) == ""
        assert codec is not Codec.OPUS or decoders.sound_problem(codec, b"\xff\xff")
        return
    assert decoders.picture_problem(codec, PICTURES[codec]) == ""
    other = Codec.VP8 if codec is not Codec.VP8 else Codec.H264
    assert decoders.picture_problem(codec, PICTURES[other])
    assert decoders.picture_problem(codec, PICTURES[codec][:20])


def test_encoder(tmp_path: Path) -> None:
    """A whole file comes out; hardware that is not there is said, and does not fail."""
    small = Configuration(width=320, height=180, fps=10, encoder="h264_nvenc")
    found = list(encoder.check(Subject(small, tmp_path)))
    assert found[0].grade is Grade.WARN
    assert "h264_nvenc" in found[0].text
    assert found[-1].grade is not Grade.FAIL


def test_clock_and_sockets_of_this_machine(tmp_path: Path) -> None:
    """They can be asked without rights, and answer."""
    assert Grade.FAIL not in [finding.grade for finding in clock.check(Subject(Configuration(), tmp_path))]
    found = list(ports.check(Subject(Configuration(service_port=0), tmp_path)))
    assert Grade.FAIL not in [finding.grade for finding in found]


def test_a_service_that_died(tmp_path: Path) -> None:
    """Its note is there, nobody answers: a warning with what to do."""
    with socket.socket() as nowhere:
        nowhere.bind(("127.0.0.1", 0))
        Note(f"http://127.0.0.1:{nowhere.getsockname()[1]}", 4711).write(tmp_path)
        found = list(running_service.check(Subject(Configuration(), tmp_path)))
    assert [finding.grade for finding in found] == [Grade.WARN]
    assert "roomreel serve" in found[0].remedy


@pytest.mark.long
async def test_a_room(tmp_path: Path) -> None:
    """Joined, looked at and left: every track is counted and decoded, everybody is named, nothing is written. With a
    wrong token it is refused with the reason."""
    settings = RehearsalSettings(token="right")
    async with RehearsalRoom(PLAN, settings) as room:
        address = parse_address(room.url)
        configuration = Configuration(output=str(tmp_path))
        found = await visit(address, "right", configuration, stay_s=2)
        await room.empty()
        assert not room.attendees
        with pytest.raises(SignalingError, match="token"):
            await visit(address, "wrong", configuration)
    assert set(found.people) == {one.identity for one in PLAN.participants}
    assert len(found.tracks) == 4
    assert all(found.samples[track].decoded for track in found.tracks)
    assert {finding.grade for finding in judge(found)} <= {Grade.OK, Grade.WARN}  # a busy machine is slow or loses some
    assert list(tmp_path.iterdir()) == []
