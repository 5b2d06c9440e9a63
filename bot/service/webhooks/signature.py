"""Signatures by Standard Webhooks: HMAC-SHA256 over id, time and body (standardwebhooks.com, version 1)."""

import base64
import binascii
import hashlib
import hmac
import secrets as randomness

from bot.errors import ConfigurationError

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64  # of a secret, as the standard has it


def make_secret() -> str:
    return PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def parse_secrets(text: str, origin: str) -> tuple[bytes, ...]:
    """Keys of one or several secrets with commas between them: while receivers change over, each message is signed with
    all of them. Raises ConfigurationError, which names `origin` and never the secret."""
    keys = tuple(_key(part.strip(), origin) for part in text.split(",") if part.strip())
    if not keys:
        raise ConfigurationError(f"{origin} has no secret in it; write whsec_ and base64 of 32 random bytes.")
    return keys


def _key(secret: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ConfigurationError(
            f"{origin} must be whsec_ and base64 of {LEAST_BYTES} to {MOST_BYTES} bytes; several with commas between."
        )
    return key


def headers(keys: tuple[bytes, ...], message_id: str, sent_s: int, body: bytes) -> dict[str, str]:
    """`sent_s`: unix time of this attempt; receivers refuse what is more than 5 minutes off."""
    signed = b".".join((message_id.encode(), str(sent_s).encode(), body))
    codes = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_s),
        "webhook-signature": " ".join(f"v1,{code}" for code in codes),
    }
