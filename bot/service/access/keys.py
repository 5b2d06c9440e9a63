"""The keys that sign tokens: the configured one, and those in the library's keys.json."""

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from bot.library.replacement import replace_file

LEAST_KEY_LENGTH = 32
_FILE = "keys.json"
_MOST_BYTES = 64 << 10
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """`id` stands in the header of each token that it signed."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The first key signs; every one of them checks. Never empty."""

    keys: tuple[Key, ...]

    @property
    def signing(self) -> Key:
        return self.keys[0]

    def find(self, key_id: str) -> Key | None:
        return next((key for key in self.keys if key.id == key_id), None)


def configured_key(secret: str) -> Key:
    """The key of the setting `service_key`; its id is the beginning of the SHA-256 of the key. Raises
    ConfigurationError for one that is too short to sign with."""
    if len(secret) < LEAST_KEY_LENGTH:
        raise ConfigurationError(
            f"service_key has {len(secret)} characters; it must have at least {LEAST_KEY_LENGTH}."
            " `openssl rand -hex 32` makes a good one."
        )
    return Key(hashlib.sha256(secret.encode()).hexdigest()[:8], secret)


def load_keys(library: Path, configured: str, *, make: bool) -> KeyRing:
    """The library's keys; the configured one, where there is one, stands first. `make`: where there is none at all, one
    is made and kept in <library>/keys.json, readable by its owner alone. Raises ConfigurationError."""
    first = (configured_key(configured),) if configured else ()
    kept = _read(library / _FILE)
    keys = first + tuple(key for key in kept if all(key.id != other.id for other in first))
    if keys:
        return KeyRing(keys)
    if not make:
        raise ConfigurationError(
            f"There is no key in {library / _FILE}, and service_key is not set. `roomreel serve` makes a key at its"
            " first start; or set ROOMREEL_SERVICE_KEY as the service has it, or name its folder with --library."
        )
    return KeyRing((_made(library / _FILE),))


def _read(file: Path) -> tuple[Key, ...]:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigurationError(f"The keys in {file} cannot be read: {error.strerror}.") from None
    with open(descriptor, "rb") as opened:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise ConfigurationError(
                f"Others than its owner can read {file}. Make new keys: remove the file and start the service again;"
                f" or, if nobody has read it, chmod 600 {file}."
            )
        text = opened.read(_MOST_BYTES)
    try:
        return tuple(_key(entry) for entry in json.loads(text)["keys"])
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f'{file} holds no keys: it must be {{"keys": [{{"kid": "…", "secret": "…"}}, …]}}, each secret at least'
            f" {LEAST_KEY_LENGTH} characters."
        ) from None


def _key(entry: dict[str, Any]) -> Key:
    kid, secret = entry["kid"], entry["secret"]
    if not isinstance(kid, str) or not isinstance(secret, str) or not kid or len(secret) < LEAST_KEY_LENGTH:
        raise ValueError
    return Key(kid, secret)


def _made(file: Path) -> Key:
    key = Key(secrets.token_hex(4), secrets.token_urlsafe(_SECRET_BYTES))
    write_private(file, json.dumps({"keys": [{"kid": key.id, "secret": key.secret}]}, indent=2) + "\n")
    return key


def write_private(file: Path, text: str) -> None:
    """Atomically, mode 600; the folder is made (700) where it is missing. Raises ConfigurationError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(file, text.encode())
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written: {error.strerror}. Choose another folder with --library."
        ) from None
