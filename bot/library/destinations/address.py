"""The setting `destinations`: URLs, read strictly into what each destination wants to know. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from bot.errors import ConfigurationError
from bot.library.destinations.destination import Kind

FOLDER_NAME = "folder"  # always there, always first
LONGEST_URL = 2048

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"https?://[^\s/?#@]+")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}")
_YES = re.compile("1")  # http:// to another machine
_PART_MIB = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Target:
    """One destination as it is written. `name` identifies its deliveries for ever.

    `place` is the bucket, the container, or a server as https://host:port; `path` what comes behind it, decoded and
    without slashes at its ends: the prefix. `url`, of a webhook, is its whole address as it is called: a secret may be
    in it."""

    kind: Kind
    name: str
    place: str
    path: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    url: str = field(default="", repr=False)

    @property
    def prefix(self) -> str:
        """Before the names of objects: ends with a slash, or is empty."""
        return f"{self.path}/" if self.path else ""


@dataclass(frozen=True, slots=True)
class _Scheme:
    kind: Kind
    example: str
    base: str = ""  # the scheme of the server's own address, where `place` is a server
    options: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


_S3 = {
    "endpoint": _HOST,
    "region": _WORD,
    "profile": _WORD,
    "part_mib": _PART_MIB,
    "addressing": re.compile("path|virtual"),
    "insecure": _YES,
}
_GCS = {"endpoint": _HOST, "part_mib": _PART_MIB, "insecure": _YES, "compare": re.compile("size")}
_AZURE = {**_GCS, "account": _WORD, "endpoint": re.compile(_HOST.pattern + r"(/[A-Za-z0-9]+)?")}
_KALTURA = {"partner": re.compile(r"[0-9]{1,12}"), "part_mib": _PART_MIB, "user": _WORD}

_SCHEMES: Mapping[str, _Scheme] = {
    "s3": _Scheme(Kind.S3, "s3://bucket/prefix?region=eu-central-1", options=_S3),
    "gs": _Scheme(Kind.GCS, "gs://bucket/prefix", options=_GCS),
    "az": _Scheme(Kind.AZURE, "az://container/prefix?account=name", options=_AZURE, needs=("account",)),
    **{
        f"kaltura+{base}": _Scheme(
            Kind.KALTURA, "kaltura+https://host/?partner=123", base, _KALTURA, needs=("partner",)
        )
        for base in ("https", "http")
    },
    **{f"webhook+{base}": _Scheme(Kind.WEBHOOK, "webhook+https://host/path", base) for base in ("https", "http")},
}


def parse_targets(urls: Iterable[str]) -> tuple[Target, ...]:
    """In their order. Where no `name` is given it is the kind, or kind-2 for the second one of a kind without a name,
    and so on. Raises ConfigurationError, which never repeats more than the scheme: there may be a secret behind it."""
    found: list[Target] = []
    unnamed: dict[Kind, int] = {}
    for number, url in enumerate(urls, 1):
        origin = f"Address {number} of destinations"
        target = _parsed(url, origin)
        if not target.name:
            unnamed[target.kind] = unnamed.get(target.kind, 0) + 1
            suffix = f"-{unnamed[target.kind]}" if unnamed[target.kind] > 1 else ""
            target = replace(target, name=f"{target.kind}{suffix}")
        if target.name == FOLDER_NAME or target.name in {other.name for other in found}:
            raise ConfigurationError(f"{origin}: the name {target.name!r} is taken; give it another with name=….")
        found.append(target)
    return tuple(found)


def _parsed(url: str, origin: str) -> Target:
    """`name` is empty where none is given."""
    if len(url) > LONGEST_URL or _UNPRINTABLE.search(url):
        raise ConfigurationError(
            f"{origin} is longer than {LONGEST_URL} characters, or has a space or a control character in it."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{origin} is no URL; write it like s3://bucket/prefix.") from None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None:
        raise ConfigurationError(f"{origin} must begin with one of {', '.join(f'{one}://' for one in _SCHEMES)}.")
    if not parts.hostname or (port is not None and not scheme.base):
        raise ConfigurationError(f"{origin} names no place; write it like {scheme.example}.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ConfigurationError(
            f"{origin} must carry neither user, password nor fragment; credentials come from the environment."
        )
    if scheme.kind is Kind.WEBHOOK:
        return _webhook(parts, scheme, origin)
    options = _options(parts.query, scheme, origin)
    name = options.pop("name", "")
    place = f"{scheme.base}://{parts.netloc}" if scheme.base else parts.netloc
    return Target(scheme.kind, name, place, _path(parts.path, origin), MappingProxyType(options))


def _path(path: str, origin: str) -> str:
    decoded = unquote(path).strip("/")
    if any(part in {"", ".", ".."} for part in decoded.split("/")) and decoded:
        raise ConfigurationError(f"{origin}: its path has an empty part, `.` or `..` in it; leave that out.")
    return decoded


def _options(query: str, scheme: _Scheme, origin: str) -> dict[str, str]:
    """Raises ConfigurationError for one that is not known, comes twice, is missing or is not as it must be."""
    known = {**scheme.options, "name": _NAME}
    options: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in known or key in options:
            wrong = "there twice" if key in options else "not known"
            raise ConfigurationError(f"{origin}: {key!r} is {wrong}; known are {', '.join(known)}.")
        if not known[key].fullmatch(value):
            raise ConfigurationError(f"{origin}: the value of {key!r} is not as it must be; see {scheme.example}.")
        options[key] = value
    if missing := [key for key in scheme.needs if key not in options]:
        raise ConfigurationError(f"{origin} needs {', '.join(missing)}; write it like {scheme.example}.")
    return options


def _webhook(parts: SplitResult, scheme: _Scheme, origin: str) -> Target:
    """All of its query but `name` belongs to whom it is sent to."""
    query = parse_qsl(parts.query, keep_blank_values=True)
    names = [value for key, value in query if key == "name"]
    if len(names) > 1 or not all(_NAME.fullmatch(name) for name in names):
        raise ConfigurationError(f"{origin}: its name must be lower-case letters, digits and dashes, given once.")
    rest = urlencode([pair for pair in query if pair[0] != "name"])
    url = parts._replace(scheme=scheme.base, query=rest if names else parts.query).geturl()
    return Target(scheme.kind, names[0] if names else "", f"{scheme.base}://{parts.netloc}", url=url)
