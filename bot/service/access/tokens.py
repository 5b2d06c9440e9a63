"""Tokens: JWTs (RFC 7519) signed with HS256 and nothing else, short-lived, checked claim by claim.

Two kinds, neither of which passes for the other: a person's (no audience), and a link's ticket (an audience of its
own), which stands in a URL and therefore opens one thing of one recording only, for ten minutes unless somebody who
may share it asked for more.
"""

import re
from dataclasses import dataclass
from typing import Any

import jwt

from bot.service.access.keys import KeyRing
from bot.service.access.person import Device, Person, PersonRole, Right

ISSUER = "roomreel"
LONGEST_S = 24 * 3600
USUAL_S = 3600
TICKET_S = 600
LONGEST_TICKET_S = 7 * 24 * 3600
LEEWAY_S = 10  # between the clock of whoever minted it and ours
MOST_TEXT = 200  # characters in any claim
_MOST_TOKEN = 4096
_TICKET_AUDIENCE = "roomreel/link"
_ALGORITHM = "HS256"
_NOT_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class BadToken(Exception):  # noqa: N818 - reads as what it is
    """The token opens nothing; the text says why, and never repeats it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`series`: of the recording's links when it was made; the recording has another one when they were revoked."""

    recording: str
    what: str
    series: int = 0


def mint(person: Person, keys: KeyRing, *, now_s: int, lifetime_s: int = USUAL_S) -> str:
    """Raises ValueError for a lifetime that no token may have, or a person that no token may carry."""
    if not 1 <= lifetime_s <= LONGEST_S:
        raise ValueError(f"A token can live from 1 s to 24 h, not {lifetime_s} s.")
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": person.identity,
        "role": person.role.value,
        "iat": now_s,
        "exp": now_s + lifetime_s,
    }
    claims |= {"name": person.name} if person.name else {}
    claims |= {"room": person.room} if person.room is not None else {}
    claims |= {"rights": sorted(person.rights)} if person.rights else {}
    claims |= {"device": person.device.value} if person.device is not Device.DESKTOP else {}
    try:
        _person(claims)
    except BadToken as error:
        raise ValueError(str(error)) from None
    return _signed(claims, keys)


def read(token: str, keys: KeyRing, *, now_s: float) -> Person:
    """Raises BadToken."""
    return _person(_claims(token, keys, now_s, audience=None))


def mint_ticket(ticket: Ticket, keys: KeyRing, *, now_s: int, lifetime_s: int = TICKET_S) -> tuple[str, int]:
    """The ticket, and the unix second at which it expires. Raises ValueError for a lifetime that none may have."""
    if not 1 <= lifetime_s <= LONGEST_TICKET_S:
        raise ValueError(f"A link can live from 1 s to 7 days, not {lifetime_s} s.")
    expires = now_s + lifetime_s
    claims = {
        "iss": ISSUER,
        "aud": _TICKET_AUDIENCE,
        "rec": ticket.recording,
        "what": ticket.what,
        "series": ticket.series,
        "iat": now_s,
        "exp": expires,
    }
    return _signed(claims, keys), expires


def read_ticket(token: str, keys: KeyRing, *, now_s: float) -> Ticket:
    """Raises BadToken."""
    claims = _claims(token, keys, now_s, audience=_TICKET_AUDIENCE)
    series = claims.get("series", 0)
    if type(series) is not int:
        raise BadToken("The link names no series.")
    return Ticket(_text(claims, "rec"), _text(claims, "what"), series)


def _signed(claims: dict[str, Any], keys: KeyRing) -> str:
    return jwt.encode(claims, keys.signing.secret, algorithm=_ALGORITHM, headers={"kid": keys.signing.id})


def _claims(token: str, keys: KeyRing, now_s: float, *, audience: str | None) -> dict[str, Any]:
    if len(token) > _MOST_TOKEN:
        raise BadToken("The token is too long.")
    try:
        key = keys.find(str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            raise BadToken("The token was signed with a key that this service does not have.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.secret,
            algorithms=[_ALGORITHM],
            issuer=ISSUER,
            audience=audience,
            # Times are checked below, against the caller's clock.
            options={"require": ["iss", "iat", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError):  # ValueError: it is not even ASCII
        raise BadToken("The token is damaged, or was not signed by this service's key.") from None
    _check_times(claims, now_s, LONGEST_S if audience is None else LONGEST_TICKET_S)
    return claims


def _check_times(claims: dict[str, Any], now_s: float, longest_s: int) -> None:
    begins, ends = claims["iat"], claims["exp"]
    if any(not isinstance(value, int) or isinstance(value, bool) for value in (begins, ends, claims.get("nbf", 0))):
        raise BadToken("The token's times are no whole seconds.")
    if not 0 < ends - begins <= longest_s:
        raise BadToken(f"The token lives longer than {longest_s // 3600} hours; none may.")
    if now_s >= ends + LEEWAY_S:
        raise BadToken("The token has expired; ask for a new one.")
    if max(begins, claims.get("nbf", 0)) > now_s + LEEWAY_S:
        raise BadToken("The token is not valid yet; check the clocks.")


def _person(claims: dict[str, Any]) -> Person:
    try:
        role = PersonRole(claims.get("role", ""))
        device = Device(claims.get("device", Device.DESKTOP))
        rights = claims.get("rights", [])
        if not isinstance(rights, list):
            raise TypeError
        granted = frozenset(Right(right) for right in rights)
    except (ValueError, TypeError):
        raise BadToken("The token names a role, right or device that is not known.") from None
    if (role is PersonRole.SERVICE) != (claims.get("room") is None):
        raise BadToken("A token is for one room, and the service's own for none.")
    room = None if role is PersonRole.SERVICE else _text(claims, "room")
    name = _text(claims, "name") if claims.get("name") else ""
    return Person(
        identity=_text(claims, "sub"),
        role=role,
        name=name,
        room=room,
        rights=granted,
        device=device,
        expires_at=claims["exp"],
    )


def _text(claims: dict[str, Any], key: str) -> str:
    value = claims.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_TEXT or _NOT_IN_LINE.search(value):
        raise BadToken(f"The token's {key!r} must be a text of 1 to {MOST_TEXT} characters, in one line.")
    return value
