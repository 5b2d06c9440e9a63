"""Arithmetic of parts and sums."""

import asyncio
import itertools
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.library.destinations.address import parse_targets
from bot.library.destinations.parts import MIB, MOST_PARTS, count_of, least_part_mib, span
from bot.library.destinations.piece import Piece
from bot.library.destinations.s3.crc32 import crc32_of_all
from bot.library.destinations.s3.destination import S3Destination
from bot.library.destinations.s3.ledger import Ledger
from bot.library.destinations.s3.refusal import Refused
from bot.library.destinations.s3.stored import Stored, judge, read_stored
from bot.library.destinations.s3.transfer import Transfer
from bot.library.destinations.s3.upload import Part, Sums, Upload, Whole, whole_of
from tests.stores.memory import FileMemory

DAY_AT_8_MBPS = 24 * 3600 * 8_000_000 // 8


def test_a_day_at_8_mbps_fits() -> None:
    """With parts as they are by default, tables and container included; parts of 8 MiB would not do."""
    assert count_of(int(DAY_AT_8_MBPS * 1.02), 16 * MIB) < MOST_PARTS
    assert count_of(DAY_AT_8_MBPS, 8 * MIB) > MOST_PARTS
    assert least_part_mib(8000) == 9
    assert least_part_mib(15_000) <= 16 < least_part_mib(17_000)
    assert least_part_mib(300) == 5


@pytest.mark.parametrize(("part_mib", "ceiling_kbps"), [(8, 8000), (4, 300), (200, 8000), (16, 50_000)])
def test_settings_that_cannot_hold_a_day_are_refused(part_mib: int, ceiling_kbps: int) -> None:
    """At once, by name, with what would do."""
    (target,) = parse_targets([f"s3://bucket?part_mib={part_mib}&name=archive"])
    with pytest.raises(ConfigurationError, match=r"part_mib of the destination 'archive' is \d+; it must be between"):
        S3Destination(target, ceiling_kbps=ceiling_kbps)


def test_no_recording_crosses_a_network_in_the_clear() -> None:
    """http:// is for this machine, unless somebody says that they want it."""
    for host in ("127.0.0.1:5000", "localhost", "[::1]:9000"):
        S3Destination(parse_targets([f"s3://b?endpoint=http://{host}"])[0])
    S3Destination(parse_targets(["s3://b?endpoint=http://store.example&insecure=1"])[0])
    with pytest.raises(ConfigurationError, match="anybody between could read"):
        S3Destination(parse_targets(["s3://b?endpoint=http://store.example"])[0])


@given(size=st.integers(1, 200), part=st.integers(1, 60))
def test_parts_cover_the_file(size: int, part: int) -> None:
    """Without a hole, all alike but the last, none of them empty."""
    spans = [span(number, size, part) for number in range(1, count_of(size, part) + 1)]
    assert spans[0][0] == 0
    assert all(offset + length == following for (offset, length), (following, _) in itertools.pairwise(spans))
    assert sum(length for _, length in spans) == size
    assert all(length == part for _, length in spans[:-1])
    assert spans[-1][1] > 0


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_sum_of_the_whole_from_its_parts(pieces: list[bytes]) -> None:
    """As if it had been read in one go."""
    assert crc32_of_all((zlib.crc32(piece), len(piece)) for piece in pieces) == zlib.crc32(b"".join(pieces))


async def test_parts_are_kept_together(tmp_path: Path) -> None:
    """Thousands are written at once, so not each time one is sent; all that were sent are kept when it ends, well or
    not."""
    file, kept = tmp_path / "file", list[int]()
    file.write_bytes(bytes(60))

    class Counting(FileMemory):
        def keep(self, values: Mapping[str, Any]) -> None:
            super().keep(values)
            kept.append(len(values.get("upload", {}).get("parts", ())))

    class Bucket:
        async def send(self, _upload: Upload, number: int, piece: Piece) -> Part:
            await asyncio.sleep(0)
            if number == 50:
                raise Refused("Full.", "x")
            return Part(piece.md5.hex(), piece.crc32, len(piece.data))

    memory = Counting(tmp_path / "memory.json")
    ledger = Ledger(memory)
    ledger.hold(Upload("k", "u", 1, Sums.WHOLE))
    transfer = Transfer(Bucket(), ledger, file, asyncio.Semaphore(4))  # type: ignore[arg-type]
    await transfer.send(range(1, 41), 60)
    assert (kept[-1], len(kept) < 10) == (40, True)
    with pytest.raises(Refused):
        await transfer.send(range(41, 61), 60)
    again = Ledger(FileMemory(memory.path)).upload
    assert again is not None
    assert ledger.upload == again
    assert 48 <= len(again.parts) < 60


def test_sum_of_a_day() -> None:
    """Thousands of long parts, and an empty file."""
    zeros = zlib.crc32(bytes(16 * MIB))
    whole = 0
    for _ in range(64):
        whole = zlib.crc32(bytes(MIB), whole)
    assert crc32_of_all([(zeros, 16 * MIB)] * 4) == whole
    assert crc32_of_all([]) == 0


def test_upload_is_remembered() -> None:
    """What another process reads is what was kept; what is no upload is none."""
    upload = Upload("k", "id", 5, Sums.WHOLE, {1: Part("a", 7, 5), 12: Part("b", 8, 3)})
    assert Upload.from_values(upload.values()) == upload
    broken: Any
    for broken in (None, [], {}, {**upload.values(), "parts": {"x": [1]}}, {**upload.values(), "sums": "?"}):
        assert Upload.from_values(broken) is None


def test_strongest_sum_is_compared() -> None:
    """The whole's, the parts' or the ETag, whatever the store has; and size alone is not called a checksum."""
    first, second = zlib.crc32(b"one"), zlib.crc32(b"two")
    md5s = ("f97c5d29941bfb1b2fdab0874906ab82", "b8a9f715dbb64fd5c56e7783c6820a61")
    must = whole_of([Part(md5s[0], first, 3), Part(md5s[1], second, 3)])
    assert must.crc32 == zlib.crc32(b"onetwo")
    assert must.etag == "21e2f4d1a9df9d4bd44d0aa35a8ae8bc-2" or must.etag.endswith("-2")
    right = Stored(6, must.etag, must.crc32, must.composite)
    assert judge(must, right).checksum == f"crc32:{must.crc32:08x}"
    assert judge(must, Stored(6, "", None, must.composite)).checksum.startswith("crc32-of-parts:")
    assert judge(must, Stored(6, must.etag)).checksum.startswith("md5-of-parts:")
    assert judge(must, Stored(6, "opaque")) == judge(Whole(6, 0), Stored(6, must.etag))
    assert judge(must, Stored(6, "opaque")).checksum == ""
    for wrong in (Stored(6, must.etag, 0), Stored(6, "", None, "0-2"), Stored(6, md5s[0] + "-2"), Stored(5, must.etag)):
        assert judge(must, wrong).problem


def test_heads_of_stores() -> None:
    """Encrypted objects' ETags say nothing; a composite sum is none of the whole."""
    plain = {"ContentLength": 6, "ETag": '"f97c5d29941bfb1b2fdab0874906ab82"'}
    assert read_stored(plain).etag == "f97c5d29941bfb1b2fdab0874906ab82"
    assert read_stored({**plain, "ServerSideEncryption": "aws:kms"}).etag == ""
    assert read_stored({**plain, "ServerSideEncryption": "AES256"}).etag
    assert read_stored({**plain, "ChecksumCRC32": "AAAABw==", "ChecksumType": "FULL_OBJECT"}).crc32 == 7
    assert read_stored({**plain, "ChecksumCRC32": "AAAABw==-2"}).composite == "00000007-2"
    assert read_stored({**plain, "ChecksumCRC32": "AAAABw==", "ChecksumType": "COMPOSITE"}).crc32 is None
    assert read_stored({**plain, "ChecksumCRC32": "nonsense!"}).crc32 is None
