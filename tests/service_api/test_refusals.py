"""The running service, asked for what it must not give: by each kind of bad token, by huge and twisted requests."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import pytest

from bot.service.access.keys import load_keys
from tests.service_api.running import RunningService

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

NOWHERE = "roomreel+ws://127.0.0.1:9/rooms/nowhere"
ASKED = [
    ("GET", "/v1/me"),
    ("GET", "/metrics"),
    ("PUT", "/v1/rooms/r1"),
    ("GET", "/v1/rooms/r1"),
    ("POST", "/v1/rooms/r1/close"),
    ("POST", "/v1/rooms/r1/host"),
    ("POST", "/v1/rooms/r1/breakouts/start"),
    ("POST", "/v1/rooms/r1/breakouts/stop"),
    ("POST", "/v1/recordings"),
    ("GET", "/v1/recordings"),
    ("GET", "/v1/recordings/x"),
    ("POST", "/v1/recordings/x/stop"),
    ("PUT", "/v1/recordings/x/layout"),
    ("GET", "/v1/recordings/x/file"),
    ("GET", "/v1/recordings/x/poster"),
    ("GET", "/v1/recordings/x/picture"),
    ("POST", "/v1/recordings/x/links"),
    ("POST", "/v1/recordings/x/links/revoke"),
    ("PUT", "/v1/recordings/x/owner"),
    ("GET", "/v1/recordings/x/companions"),
    ("GET", "/v1/recordings/x/companions/report.html"),
    ("GET", "/v1/rooms/r1/media"),
    ("GET", "/v1/identities/ann/media"),
    ("GET", "/v1/events"),
]


def bad_tokens(service: RunningService) -> dict[str, str]:
    """One of each kind; the claims are the service's own, so that nothing else is wrong with them."""
    key = load_keys(service.library, "", make=False).signing
    now = int(time.time())
    claims: dict[str, Any] = {"iss": "roomreel", "sub": "eve", "role": "service", "iat": now, "exp": now + 60}

    def sign(changes: dict[str, Any], secret: str = key.secret, kid: str = key.id) -> str:
        values = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(values, secret, algorithm="HS256", headers={"kid": kid})

    def part(values: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()

    head = f"{part({'alg': 'RS256', 'kid': key.id})}.{part(claims)}"
    digest = hmac.digest(key.secret.encode(), head.encode(), "sha256")
    confused = f"{head}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    return {
        "none": "",
        "nonsense": "abc",
        "not ASCII": "\udcff.a.b",
        "expired": sign({"iat": now - 120, "exp": now - 60}),
        "too long a life": sign({"exp": now + 25 * 3600}),
        "wrong key": sign({}, secret="w" * 43),
        "removed key": sign({}, kid="removed"),
        "alg none": f"{part({'alg': 'none', 'kid': key.id})}.{part(claims)}.",
        "another algorithm": confused,
        "no role": sign({"role": None}),
        "no issuer": sign({"iss": None}),
        "a link's": sign({"aud": "roomreel/link", "rec": "x", "what": "file"}),
    }


async def test_bad_tokens_open_nothing(service: RunningService) -> None:
    """Each of them at each address: 401, a problem, and not a word about what is there."""
    assert (await service.ask("GET", "/v1/me")).status == 200
    for kind, token in bad_tokens(service).items():
        for method, path in ASKED:
            answer = await service.ask(method, path, {} if method != "GET" else None, token=token)
            assert answer.status == 401, (kind, method, path)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.json["detail"].endswith("."), kind


async def test_a_token_elsewhere_than_in_the_header_opens_nothing(service: RunningService) -> None:
    """Addresses are logged and kept in histories: a token in one is none."""
    token = service.token()
    assert (await service.ask("GET", f"/v1/recordings?token={token}", token="")).status == 401
    assert (await service.ask("GET", f"/v1/recordings/x/file?ticket={token}", token="")).status == 401
    assert (await service.ask("GET", "/v1/me", token="", headers={"Cookie": f"token={token}"})).status == 401
    assert (await service.ask("GET", "/v1/me", token="", headers={"Authorization": f"Basic {token}"})).status == 401
    assert token not in service.log


async def test_each_person_is_refused_what_is_not_theirs(service: RunningService) -> None:
    """Other room, mobile host, plain participant, moderator in the service's place: 403 with the reason."""
    await service.ask("PUT", "/v1/rooms/r1", {"url": NOWHERE})
    await service.ask("PUT", "/v1/rooms/b1", {"url": NOWHERE, "kind": "breakout", "parent": "r1"})
    start = {"room": {"id": "r1"}}
    arranged = start | {"layout": "grid"}
    cases = [
        ("another room", service.token("host", "r2"), "POST", "/v1/recordings", start),
        ("another room", service.token("host", "r2"), "GET", "/v1/rooms/r1", None),
        ("another room", service.token("host", "r2"), "GET", "/v1/recordings?room=r1", None),
        ("another room", service.token("host", "r2"), "GET", "/v1/events?room=r1", None),
        ("another room", service.token("host", "b1"), "POST", "/v1/recordings", start),
        ("another room", service.token("participant", "r1", rights=["record"]), "GET", "/v1/rooms/b1", None),
        ("mobile", service.token("host", "r1", device="mobile"), "POST", "/v1/recordings", start),
        ("mobile", service.token("moderator", "r1", device="mobile"), "POST", "/v1/rooms/r1/breakouts/start", None),
        ("Only", service.token("participant", "r1"), "POST", "/v1/recordings", start),
        ("Only", service.token("moderator", "r1"), "POST", "/v1/rooms/r1/close", None),
        ("Only", service.token("host", "r1"), "POST", "/v1/rooms/r1/host", {"present": False}),
        ("Only", service.token("host", "r1"), "PUT", "/v1/rooms/r1", {"url": NOWHERE}),
        ("Only", service.token("host", "r1"), "GET", "/metrics", None),
        ("Only", service.token("host", "r1"), "POST", "/v1/recordings", {"room": {"id": "r1", "url": NOWHERE}}),
        ("the layout", service.token("participant", "r1", rights=["record"]), "POST", "/v1/recordings", arranged),
    ]
    for reason, token, method, path, body in cases:
        answer = await service.ask(method, path, body, token=token)
        assert (answer.status, reason in answer.json["detail"]) == (403, True), (path, answer.body)
    assert (await service.ask("GET", "/v1/recordings")).json["recordings"] == []


async def test_webhooks_that_go_nowhere_are_refused_when_they_are_told_of(service: RunningService) -> None:
    """By PUT and by start: 422 with the reason, and nothing is kept or begun."""
    for room in ({"url": NOWHERE, "webhook_url": "http://169.254.169.254/latest"},
                 {"url": NOWHERE, "webhook_url": "https://ann:pw@hooks.example/x"}):  # fmt: skip
        put = await service.ask("PUT", "/v1/rooms/hooked", room)
        begun = await service.ask("POST", "/v1/recordings", {"room": {"id": "hooked"} | room})
        for answer in (put, begun):
            assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
            assert "webhook" in answer.json["detail"].lower()
    assert (await service.ask("GET", "/v1/rooms/hooked")).status == 404


async def test_ten_megabytes_are_refused_before_they_are_kept(service: RunningService) -> None:
    """With a length or without one, and the service goes on."""
    huge = b'{"room": {"id": "' + b"x" * 10_000_000 + b'"}}'

    async def pieces() -> Any:
        for start in range(0, len(huge), 65_536):
            yield huge[start : start + 65_536]

    for data in (huge, pieces()):
        try:
            answer = await service.ask(
                "POST", "/v1/recordings", data=data, headers={"Content-Type": "application/json"}
            )
        except (ConnectionError, OSError):
            continue  # cut off while it still sent: refused too
        assert answer.status == 413
    assert (await service.ask("GET", "/livez", token="")).status == 200


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b'{"room": {"id": "r1"}}', "text/plain", 415),
        (b'{"room": {"id": "r1"}}', "application/json; charset=utf-16", 415),
        (b'{"room": {"id": "r1"}, "room": {"id": "r2"}}', "application/json", 400),
        (b'{"room": {"id": NaN}}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"room": {"id": "r1"}, "fast": true}', "application/json", 400),
        (b"", "application/json", 400),
    ],
)
async def test_bodies_that_are_none(service: RunningService, data: bytes, content_type: str, status: int) -> None:
    """Refused with a sentence, whatever it is."""
    answer = await service.ask("POST", "/v1/recordings", data=data, headers={"Content-Type": content_type})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


async def test_wrong_addresses_and_methods_are_problems_too(service: RunningService) -> None:
    """404 with where to look; 405 with what is allowed; parameters that are not known by name."""
    assert (await service.ask("GET", "/v2/x")).json["status"] == 404
    answer = await service.ask("PATCH", "/v1/recordings/x")
    assert (answer.status, "GET" in answer.headers["Allow"]) == (405, True)
    answer = await service.ask("GET", "/v1/recordings?rooms=r1")
    assert (answer.status, "'rooms'" in answer.json["detail"]) == (400, True)
    answer = await service.ask("OPTIONS", "/v1/recordings", token="", headers={"Origin": "https://meet.example"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_answers_tell_browsers_what_not_to_do(service: RunningService) -> None:
    """On successes, refusals and what is not there alike."""
    for path in ("/v1/me", "/v1/recordings/x", "/nothing", "/"):
        headers = (await service.ask("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "no-" in headers["Cache-Control"]
        assert "aiohttp" not in headers["Server"]
        assert headers["X-Request-Id"] in service.log


TWISTED = ["../../outside", "..", "a/b", "%2e%2e%2f", "a\\b", ".", "con", "ü" * 200, "a b?c#d", "x;y=z", "%", "'\"<>"]


async def test_twisted_names_stay_names(service: RunningService) -> None:
    """Rooms with path parts in their ids are kept under them, and nothing appears outside the library."""
    before = sorted(path.name for path in service.library.parent.iterdir())
    for room in TWISTED:
        address = f"/v1/rooms/{quote(room, safe='')}"
        # `..` is taken out of an address by the client itself.
        if room not in {".", ".."}:
            put = await service.ask("PUT", address, {"url": NOWHERE, "title": f"\u202e{room}"})
            assert (put.status, put.json.get("room", {}).get("id")) == (200, room), put.body
            assert (await service.ask("GET", address, token=service.token("host", room))).status == 200
        answer = await service.ask("GET", f"/v1/recordings/{quote(room, safe='')}/file?part=1")
        assert answer.status in {400, 404, 405}, room
    assert sorted(path.name for path in service.library.parent.iterdir()) == before


async def test_line_breaks_get_neither_into_headers_nor_into_logs(service: RunningService) -> None:
    """In ids, titles, tokens' claims and addresses: refused, or written so that a line stays a line."""
    evil = 'x\r\nSet-Cookie: a=b\n{"event": "forged"}'
    assert (await service.ask("POST", "/v1/recordings", {"room": {"id": evil}})).status == 400
    assert (await service.ask("PUT", "/v1/rooms/e", {"url": NOWHERE, "title": evil})).status == 400
    for path in (f"/v1/rooms/{quote(evil, safe='')}", f"/{quote(evil, safe='')}", f"/v1/me?{quote(evil, safe='')}"):
        answer = await service.ask("GET", path)
        assert "Set-Cookie" not in answer.headers
        assert answer.status in {400, 404}
    for line in service.log.splitlines():
        assert json.loads(line).get("event") != "forged"


async def test_secrets_of_a_room_come_out_nowhere(service: RunningService) -> None:
    """Neither its token, nor a pin in its URL: not in answers, not in refusals, not in the log."""
    url = "janus+ws://127.0.0.1:9/1234?pin=pin-7f3a"
    body = {"url": url, "token": "token-9b1c", "webhook_url": "https://example.com/hook-5d2e"}
    answers = [
        await service.ask("PUT", "/v1/rooms/s", body),
        await service.ask("GET", "/v1/rooms/s"),
        await service.ask("PUT", "/v1/rooms/s", body | {"url": url + "&x=1"}),
        await service.ask("PUT", "/v1/rooms/s", body | {"kind": "breakout"}),
        await service.ask("GET", "/v1/recordings?room=s"),
    ]
    text = b"".join(answer.body for answer in answers).decode() + service.log
    assert [answer.status for answer in answers] == [200, 200, 400, 400, 200]
    assert not [secret for secret in ("pin-7f3a", "token-9b1c", "hook-5d2e") if secret in text]


async def test_what_is_no_http_does_not_disturb(service: RunningService) -> None:
    """Garbage and heads without end are answered or cut off; others are served meanwhile."""
    parts = urlsplit(service.url)
    for data in (b"\x16\x03\x01\x02\x00" * 50, b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 100_000, b"\r\n" * 1000):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(data)
        assert (await service.ask("GET", "/livez", token="")).status == 200
        writer.close()
        assert reader is not None
