"""What the doctor makes of what it measured."""

import errno
import importlib
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.doctor import capacity, clock, disk, examination, ports, private_files, room, running_service, versions
from bot.doctor.finding import Finding, Grade
from bot.doctor.subject import Subject
from bot.doctor.visit import Sample, Visit
from bot.receive.stats import TrackStats
from bot.service.address import Note
from mixer.frame import Codec
from signaling.model import Participant, Room, Track, TrackKind, TrackSource

ROOT = Path(__file__).parents[2]
LIBRARY = Path("/library")
GIB = 1 << 30
NOTE = Note("http://127.0.0.1:8470", 4711)
CAMERA = Track("t1", "p1", "ann", TrackKind.VIDEO, TrackSource.CAMERA, stage=False)


def grades(*findings: Finding) -> list[Grade]:
    """Whatever is not in order says how to mend it, in sentences."""
    for finding in findings:
        assert finding.text
        assert (finding.grade is Grade.OK) == (not finding.remedy)
    return [finding.grade for finding in findings]


def test_the_tested_versions_are_those_of_the_constraints() -> None:
    """The table, scripts/constraints.txt and what roomreel depends on name the same libraries."""
    lines = (ROOT / "scripts/constraints.txt").read_text().splitlines()
    pins = {name.lower(): pin for name, equal, pin in (line.partition("==") for line in lines) if equal}
    assert {name.lower(): pins[name.lower()] for name in versions.TESTED} == {
        name.lower(): pin for name, pin in versions.TESTED.items()
    }
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    named = {dependency.replace(">", "=").split("=")[0].strip().lower() for dependency in wanted}
    assert named == {name.lower() for name in versions.TESTED}


def test_versions() -> None:
    """A library that is not there is worse than one that was not tested."""
    tested = dict(versions.TESTED)
    assert grades(*versions.judge_libraries(tested)) == [Grade.OK]
    assert grades(*versions.judge_libraries(tested | {"av": "17.0.0"})) == [Grade.WARN]
    assert grades(*versions.judge_libraries(tested | {"av": None})) == [Grade.FAIL]
    assert grades(versions.judge_python((3, 10), "3.10.1")) == [Grade.FAIL]


def test_capacity() -> None:
    """Less than one recording needs is a failure; less than is comfortable a warning."""
    full, small = Configuration(), Configuration(width=640, height=360)
    cores = [capacity.judge_cores(0.5, full), capacity.judge_cores(1, full), capacity.judge_cores(4, full)]
    assert grades(*cores, capacity.judge_cores(0.5, small)) == [Grade.FAIL, Grade.WARN, Grade.OK, Grade.WARN]
    memory = [capacity.judge_memory(amount) for amount in (100 << 20, 700 << 20, 8 * GIB)]
    assert grades(*memory) == [Grade.FAIL, Grade.WARN, Grade.OK]
    assert grades(capacity.judge_load(9.0, 2), capacity.judge_load(1.0, 2)) == [Grade.WARN, Grade.OK]


def test_clock() -> None:
    """An absurd date fails; a clock that nobody keeps, or that jumps, is a warning."""
    assert grades(clock.judge_date(datetime(1970, 1, 1, tzinfo=UTC))) == [Grade.FAIL]
    assert grades(*map(clock.judge_synchronisation, (0, 5, None))) == [Grade.OK, Grade.WARN, Grade.WARN]
    assert grades(clock.judge_slip(0.2), clock.judge_slip(-900.0)) == [Grade.OK, Grade.WARN]


def test_disk() -> None:
    """Space, speed and who may look inside."""
    free = [disk.judge_free(amount, 2048, LIBRARY) for amount in (100, 3000, 9000)]
    assert grades(*free) == [Grade.FAIL, Grade.WARN, Grade.OK]
    assert grades(*map(disk.judge_speed, (3.0, 300.0, 2000.0))) == [Grade.OK, Grade.WARN, Grade.FAIL]
    assert grades(disk.judge_mode(0o700, LIBRARY), disk.judge_mode(0o755, LIBRARY)) == [Grade.OK, Grade.WARN]


def test_ports() -> None:
    """A port that our own service has is in order, another program's is not."""
    taken = errno.EADDRINUSE
    judged = [
        ports.judge_port("127.0.0.1", 8470, 0, None),
        ports.judge_port("127.0.0.1", 0, 0, None),
        ports.judge_port("127.0.0.1", 8470, taken, NOTE),
        ports.judge_port("127.0.0.1", 8471, taken, NOTE),
        ports.judge_port("10.9.8.7", 8470, errno.EADDRNOTAVAIL, None),
        ports.judge_port("127.0.0.1", 80, errno.EACCES, None),
    ]
    assert grades(*judged) == [Grade.OK] * 3 + [Grade.FAIL] * 3
    assert grades(ports.judge_files(256), ports.judge_files(-1), ports.judge_files(4096)) == [
        Grade.WARN,
        Grade.OK,
        Grade.OK,
    ]


def test_service() -> None:
    """One that died, one that drains, one that is another program, one that is ready."""
    ready, draining = (200, '{"status": "ok"}'), (503, '{"reason": "The service is about to stop."}')
    judged = [
        running_service.judge(NOTE, None, None),
        running_service.judge(NOTE, (404, ""), None),
        running_service.judge(NOTE, ready, draining),
        running_service.judge(NOTE, ready, ready),
    ]
    assert grades(*judged) == [Grade.WARN] * 3 + [Grade.OK]
    assert "about to stop" in judged[2].text


@pytest.mark.parametrize(
    ("settings", "grade"),
    [
        ({}, Grade.OK),
        ({"webhook_urls": ("https://server.example/",)}, Grade.OK),
        ({"webhook_urls": ("http://server.example/",)}, Grade.WARN),
        ({"webhook_urls": ("https://10.0.0.1/",)}, Grade.FAIL),
        ({"webhook_urls": ("https://10.0.0.1/",), "webhook_networks": ("10.0.0.0/8",)}, Grade.OK),
        ({"webhook_networks": ("10.0.0.1/8",)}, Grade.FAIL),
        ({"webhook_secret": "S3CRET"}, Grade.FAIL),
        ({"service_host": "0.0.0.0"}, Grade.FAIL),  # noqa: S104
        ({"service_host": "0.0.0.0", "service_key": "k" * 40}, Grade.OK),  # noqa: S104
        ({"service_key": "short"}, Grade.FAIL),
    ],
)
def test_keys_and_webhooks(settings: dict[str, str], grade: Grade, tmp_path: Path) -> None:
    """What would keep the service from starting is found before, and no secret is shown."""
    findings = list(private_files.check(Subject(Configuration(**settings), tmp_path)))  # type: ignore[arg-type]
    assert grade in grades(*findings)
    assert all(finding.grade is Grade.OK for finding in findings) == (grade is Grade.OK)
    assert not any("S3CRET" in finding.text for finding in findings)


def a_visit(track: Track, stats: TrackStats | None, sample: Sample | None = None, ended: str = "") -> Visit:
    return Visit(
        Room("algebra", "Algebra"),
        0.1,
        {"ann": Participant("ann", "Ann")},
        {track.id: track},
        {} if stats is None else {track.id: stats},
        {} if sample is None else {track.id: sample},
        ended,
    )


def test_rooms() -> None:
    """Media that comes, that is lost, that cannot be decoded, and that does not come at all."""
    seen = Sample(Codec.VP8, 100, 5, 0, "640x360")
    good = list(room.judge(a_visit(CAMERA, TrackStats(packets=500), seen)))
    assert grades(*good) == [Grade.OK, Grade.OK]
    assert "camera of Ann: 500 packets" in good[1].text
    assert "VP8 640x360" in good[1].text
    lossy = TrackStats(packets=500, unrecoverable=100)
    assert grades(*room.judge(a_visit(CAMERA, lossy, seen))) == [Grade.OK, Grade.WARN]
    strange = Sample(Codec.H264, 100, 0, 5)
    assert grades(*room.judge(a_visit(CAMERA, TrackStats(packets=500), strange))) == [Grade.OK, Grade.WARN]
    silent = list(room.judge(a_visit(CAMERA, None)))
    assert grades(*silent) == [Grade.OK, Grade.WARN, Grade.FAIL]
    assert "UDP" in silent[2].remedy
    muted = Track("t1", "p1", "ann", TrackKind.VIDEO, TrackSource.CAMERA, stage=False, muted=True)
    assert grades(*room.judge(a_visit(muted, None))) == [Grade.OK, Grade.OK]
    assert Grade.WARN in grades(*room.judge(a_visit(CAMERA, TrackStats(packets=9), seen, "The room ended meanwhile.")))


def test_a_broken_library_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check whose module cannot be imported fails with its reason; those after it are made."""
    real = importlib.import_module

    def broken(name: str) -> object:
        if name == "bot.doctor.transport":
            raise ImportError("aiortc.RTCDtlsTransport has no _task any more")
        return real(name)

    monkeypatch.setattr(importlib, "import_module", broken)
    kept = {name: module for name, module in examination.CHECKS.items() if name in {"transport", "versions"}}
    monkeypatch.setattr(examination, "CHECKS", dict(reversed(kept.items())))
    findings = list(examination.examine(Subject(Configuration(), LIBRARY)))
    assert grades(*findings[:1]) == [Grade.FAIL]
    assert "no _task any more" in findings[0].text
    assert findings[1].check == "python"
