"""Tokens: what is signed is what is read, and everything else is refused."""

import base64
import hashlib
import hmac
import json
import os
import stat
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot.errors import ConfigurationError
from bot.service.access.keys import Key, KeyRing, configured_key, load_keys
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.tokens import BadToken, Ticket, mint, mint_ticket, read, read_ticket

NOW_S = 1_800_000_000
KEY = Key("first", "k" * 40)
OTHER = Key("second", "o" * 40)
RING = KeyRing((KEY, OTHER))
ANN = Person(
    identity="ann", role=PersonRole.PARTICIPANT, name="Ann Ü 👩‍🔬", room="r/1", rights=frozenset({Right.RECORD}),
    device=Device.MOBILE, expires_at=NOW_S + 60,
)  # fmt: skip
CLAIMS: dict[str, Any] = {
    "iss": "roomreel", "sub": "ann", "role": "host", "room": "r1", "iat": NOW_S, "exp": NOW_S + 60
}  # fmt: skip


def signed(claims: dict[str, Any], key: Key = KEY, **header: Any) -> str:
    """A token that only its claims can be wrong with."""
    return jwt.encode(claims, key.secret, algorithm="HS256", headers={"kid": key.id} | header)


def handmade(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token that no library would make."""

    def part(values: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()

    head = f"{part(header)}.{part(claims)}"
    signature = b"" if secret is None else hmac.digest(secret, head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_token_brings_back_who_it_was_made_for() -> None:
    """Every field survives the way through the token."""
    assert read(mint(ANN, RING, now_s=NOW_S, lifetime_s=60), RING, now_s=NOW_S + 59) == ANN


def test_a_token_of_the_second_key_is_read_and_of_a_removed_one_not() -> None:
    """Rotation: the old key reads until it is taken out of the ring."""
    token = mint(ANN, KeyRing((OTHER,)), now_s=NOW_S)
    assert read(token, RING, now_s=NOW_S).identity == "ann"
    with pytest.raises(BadToken, match="a key that this service does not have"):
        read(token, KeyRing((KEY,)), now_s=NOW_S)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": NOW_S - 11, "iat": NOW_S - 60}, "expired"),
        ({"exp": NOW_S + 24 * 3600 + 1}, "longer than 24 hours"),
        ({"iat": NOW_S + 60, "exp": NOW_S + 120}, "not valid yet"),
        ({"nbf": NOW_S + 60}, "not valid yet"),
        ({"exp": None}, "damaged"),
        ({"iat": None}, "damaged"),
        ({"exp": NOW_S + 0.5}, "no whole seconds"),
        ({"iss": "somebody"}, "damaged"),
        ({"iss": None}, "damaged"),
        ({"aud": "roomreel/link"}, "damaged"),
        ({"role": None}, "role"),
        ({"role": "admin"}, "role"),
        ({"role": ["host"]}, "role"),
        ({"rights": ["everything"]}, "right"),
        ({"rights": "record"}, "right"),
        ({"device": "toaster"}, "device"),
        ({"room": None}, "for one room"),
        ({"role": "service"}, "for one room"),
        ({"room": ["r1"]}, "'room'"),
        ({"room": ""}, "'room'"),
        ({"sub": None}, "'sub'"),
        ({"sub": "a\nb"}, "'sub'"),
        ({"sub": "x" * 201}, "'sub'"),
    ],
)
def test_a_claim_that_is_wrong_opens_nothing(changes: dict[str, Any], why: str) -> None:
    """Well signed, and refused with the reason."""
    claims = {key: value for key, value in (CLAIMS | changes).items() if value is not None}
    assert read(signed(CLAIMS), RING, now_s=NOW_S).role is PersonRole.HOST
    with pytest.raises(BadToken, match=why):
        read(signed(claims), RING, now_s=NOW_S)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "." * 5000,
        "ü",
        "\udcff",  # how a byte that is no UTF-8 comes out of a header
        signed(CLAIMS, Key("first", "w" * 40)),
        signed(CLAIMS, Key("unknown", KEY.secret)),
        signed(CLAIMS)[:-2],
        handmade({"alg": "none", "typ": "JWT", "kid": "first"}, CLAIMS, None),
        handmade({"alg": "None", "kid": "first"}, CLAIMS, None),
        handmade({"alg": "HS256", "kid": "first"}, CLAIMS, None),
        handmade({"alg": "HS256"}, CLAIMS, KEY.secret.encode()),
        handmade({"alg": "HS256", "kid": ["first"]}, CLAIMS, KEY.secret.encode()),
        # The key of the one algorithm used for the other.
        handmade({"alg": "RS256", "kid": "first"}, CLAIMS, KEY.secret.encode()),
        handmade({"alg": "HS512", "kid": "first"}, CLAIMS, KEY.secret.encode()),
        handmade({"alg": "HS256", "kid": "first", "crit": ["exp"], "b64": False}, CLAIMS, KEY.secret.encode()),
    ],
)
def test_a_token_that_was_not_signed_here_opens_nothing(token: str) -> None:
    """No algorithm but HS256, no key but the one it names, no signature but that key's."""
    with pytest.raises(BadToken):
        read(token, RING, now_s=NOW_S)


def test_a_ticket_is_no_token_and_a_token_no_ticket() -> None:
    """What stands in a link never opens more than its one thing."""
    ticket, expires = mint_ticket(Ticket("rec-1", "file"), RING, now_s=NOW_S)
    assert read_ticket(ticket, RING, now_s=expires) == Ticket("rec-1", "file")
    with pytest.raises(BadToken):
        read(ticket, RING, now_s=NOW_S)
    with pytest.raises(BadToken):
        read_ticket(signed(CLAIMS), RING, now_s=NOW_S)
    with pytest.raises(BadToken, match="expired"):
        read_ticket(ticket, RING, now_s=expires + 11)


@pytest.mark.parametrize("lifetime_s", [0, -1, 24 * 3600 + 1])
def test_no_token_is_made_that_would_not_be_read(lifetime_s: int) -> None:
    """Too long a life is refused where it is asked for."""
    with pytest.raises(ValueError, match="24 h"):
        mint(ANN, RING, now_s=NOW_S, lifetime_s=lifetime_s)


def test_the_librarys_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    """Mode 600, random, and the same at the second start."""
    library = tmp_path / "library"
    first = load_keys(library, "", make=True)
    assert stat.S_IMODE((library / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(library.stat().st_mode) == 0o700
    assert load_keys(library, "", make=False) == first
    assert load_keys(tmp_path / "other", "", make=True) != first
    assert first.signing.secret not in repr(first)


def test_the_configured_key_signs_and_those_in_the_library_still_read(tmp_path: Path) -> None:
    """Where both are there, the setting comes first."""
    made = load_keys(tmp_path, "", make=True)
    both = load_keys(tmp_path, "c" * 32, make=True)
    assert both.signing == configured_key("c" * 32)
    assert both.find(made.signing.id) == made.signing


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": []}', '{"keys": [{"kid": "a", "secret": "short"}]}'])
def test_keys_that_cannot_be_used_are_said(tmp_path: Path, text: str) -> None:
    """Never a service that runs with a weak key, or with another than its operator believes."""
    file = tmp_path / "keys.json"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"no keys|no key"):
        load_keys(tmp_path, "", make=False)


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """As a private key of ssh is."""
    load_keys(tmp_path, "", make=True)
    os.chmod(tmp_path / "keys.json", 0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_keys(tmp_path, "", make=True)


def test_a_short_key_is_refused_without_being_repeated() -> None:
    """The sentence names the setting and the way out."""
    with pytest.raises(ConfigurationError, match="service_key has 5 characters") as caught:
        configured_key("abcde")
    assert "abcde" not in str(caught.value)
