"""An object as the store describes it, held against what it must be."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.library.destinations.s3.upload import MD5_ETAG, Whole

_MD5S_ETAG = re.compile(r"[0-9a-f]{32}-\d+")


@dataclass(frozen=True, slots=True)
class Stored:
    """`crc32` is None and `composite` (as in Whole) empty where the store has none; `etag` is without quotes, empty
    where it says nothing of the bytes (encrypted by a key management service, or with the customer's key)."""

    size: int
    etag: str
    crc32: int | None = None
    composite: str = ""
    version: str = ""


def read_stored(answer: Mapping[str, Any]) -> Stored:
    """Of HEAD."""
    hides = bool(answer.get("SSEKMSKeyId") or answer.get("SSECustomerAlgorithm"))
    hides = hides or str(answer.get("ServerSideEncryption", "")).startswith("aws:kms")
    etag = str(answer.get("ETag", "")).strip('"')
    sums = str(answer.get("ChecksumCRC32", ""))
    value, _, count = sums.partition("-")
    crc32 = _number(value)
    is_composite = bool(count) or answer.get("ChecksumType") == "COMPOSITE"
    return Stored(
        size=int(answer.get("ContentLength", -1)),
        etag="" if hides else etag,
        crc32=None if is_composite else crc32,
        composite=f"{crc32:08x}-{count}" if crc32 is not None and count else "",
        version=str(answer.get("VersionId", "")),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is empty when the store has what it must, else a sentence. `checksum` is what was compared, empty
    where the store says nothing that could be."""

    problem: str
    checksum: str = ""


def judge(must: Whole, stored: Stored | None) -> Verdict:
    """Compares the strongest sum that both know."""
    if stored is None:
        return Verdict("The object is not there.")
    if stored.size != must.size:
        return Verdict(f"The object has {stored.size} bytes instead of {must.size}.")
    for name, ours, theirs in (
        ("crc32", f"{must.crc32:08x}", "" if stored.crc32 is None else f"{stored.crc32:08x}"),
        ("crc32-of-parts", must.composite, stored.composite),
        ("md5-of-parts" if "-" in must.etag else "md5", _sum_in(must.etag), _sum_in(stored.etag)),
    ):
        if ours and theirs:
            return Verdict("" if ours == theirs else "The object's checksum is not that of the file.", f"{name}:{ours}")
    return Verdict("")


def _sum_in(etag: str) -> str:
    return etag if MD5_ETAG.fullmatch(etag) or _MD5S_ETAG.fullmatch(etag) else ""


def _number(text: str) -> int | None:
    try:
        return int.from_bytes(base64.b64decode(text, validate=True)) if text else None
    except (binascii.Error, ValueError):
        return None
