"""The doctor looks whether recordings would get where they are to go."""

import socket
from pathlib import Path

from bot.configuration import load
from bot.doctor.destinations import check, server_of
from bot.doctor.finding import Grade
from bot.doctor.subject import Subject
from bot.library.destinations.address import parse_targets


def test_reachable_and_not(tmp_path: Path) -> None:
    """One that listens is in order, one that does not is said so with a remedy, and what is written wrong fails."""
    with socket.socket() as open_one, socket.socket() as closed:
        for one in (open_one, closed):
            one.bind(("127.0.0.1", 0))
        open_one.listen()
        urls = [
            f"kaltura+http://127.0.0.1:{open_one.getsockname()[1]}/?partner=1",
            f"webhook+http://127.0.0.1:{closed.getsockname()[1]}/SECRET",
        ]
        flags = {"destinations": urls, "kaltura_secret": "s" * 32, "webhook_networks": ["127.0.0.0/8"]}
        findings = list(check(Subject(load(None, {}, flags), tmp_path)))
    assert [one.grade for one in findings] == [Grade.OK, Grade.WARN]
    assert findings[1].remedy
    assert "SECRET" not in "".join(one.text + one.remedy for one in findings)
    (wrong,) = check(Subject(load(None, {}, {"destinations": ["s3://bucket?colour=red"]}), tmp_path))
    assert (wrong.grade, "'colour'" in wrong.text) == (Grade.FAIL, True)
    assert list(check(Subject(load(None, {}, {}), tmp_path))) == []


def test_whose_server_it_is() -> None:
    """An endpoint is what it says; without one each store has its own."""
    urls = ["s3://b", "s3://b?region=eu-1", "s3://b?endpoint=http://store:9000", "gs://b", "az://b?account=acc"]
    assert [server_of(target) for target in parse_targets(urls)] == [
        ("s3.amazonaws.com", 443),
        ("s3.eu-1.amazonaws.com", 443),
        ("store", 9000),
        ("storage.googleapis.com", 443),
        ("acc.blob.core.windows.net", 443),
    ]
