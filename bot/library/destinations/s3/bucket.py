"""What is asked of a bucket. Every method raises Refused."""

import base64
from collections.abc import Mapping
from typing import Any

from bot.library.destinations.objects import RECORDING, Headers
from bot.library.destinations.piece import Piece
from bot.library.destinations.s3.connection import Connection
from bot.library.destinations.s3.refusal import UNABLE, Refused
from bot.library.destinations.s3.stored import Stored, read_stored
from bot.library.destinations.s3.upload import MD5_ETAG, Part, Sums, Upload, Whole

_WRONG = "BadDigest"


class Bucket:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def name(self) -> str:
        return self._connection.bucket

    async def begin(self, key: str, headers: Headers, part_bytes: int) -> Upload:
        """With a CRC-32 of the whole if the store can, else without any."""
        asked = {"Key": key, **_described(headers)}
        call = self._connection.call
        try:
            summed: dict[str, Any] = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
            answer = await call("a new upload", "create_multipart_upload", **summed, **asked)
            sums = _sums_of(answer)
        except Refused as refusal:
            if refusal.code not in UNABLE:
                raise
            answer, sums = await call("a new upload", "create_multipart_upload", **asked), Sums.NONE
        return Upload(key, str(answer["UploadId"]), part_bytes, sums)

    async def send(self, upload: Upload, number: int, piece: Piece) -> Part:
        """A part that comes out wrong at the store is refused here."""
        sums = {} if upload.sums is Sums.NONE else {"ChecksumCRC32": _text(piece.crc32)}
        answer = await self._connection.call(
            f"part {number}",
            "upload_part",
            body=piece.data,
            Key=upload.key,
            UploadId=upload.id,
            PartNumber=number,
            ContentMD5=base64.b64encode(piece.md5).decode(),
            **sums,
        )
        return Part(self._checked(answer, piece), piece.crc32, len(piece.data))

    async def put(self, key: str, headers: Headers, piece: Piece) -> None:
        """The whole object at once; atomic."""
        asked: dict[str, Any] = {
            "Key": key,
            "ContentMD5": base64.b64encode(piece.md5).decode(),
            **_described(headers),
        }
        call = self._connection.call
        try:
            summed = {"ChecksumAlgorithm": "CRC32", "ChecksumCRC32": _text(piece.crc32)}
            answer = await call("an object", "put_object", body=piece.data, **summed, **asked)
        except Refused as refusal:
            if refusal.code not in UNABLE:
                raise
            answer = await call("an object", "put_object", body=piece.data, **asked)
        self._checked(answer, piece)

    def _checked(self, answer: Mapping[str, Any], piece: Piece) -> str:
        """The ETag, which is the MD5 of what arrived, unless it is encrypted or the store does otherwise."""
        described = read_stored(answer)
        if MD5_ETAG.fullmatch(described.etag) and described.etag != piece.md5.hex():
            raise Refused(f"{self._connection.store} has taken bytes that were not sent; they are sent again.", _WRONG)
        return str(answer.get("ETag", "")).strip('"')

    async def parts(self, upload: Upload) -> dict[int, tuple[str, int]]:
        """ETag and bytes of each that the store has."""
        found: dict[int, tuple[str, int]] = {}
        marker = 0
        while True:
            answer = await self._connection.call(
                "the list of parts", "list_parts", Key=upload.key, UploadId=upload.id, PartNumberMarker=marker
            )
            for part in answer.get("Parts") or ():
                found[int(part["PartNumber"])] = (str(part["ETag"]).strip('"'), int(part["Size"]))
            following = int(answer.get("NextPartNumberMarker") or 0)
            if not answer.get("IsTruncated") or following <= marker:
                return found
            marker = following

    async def complete(self, upload: Upload, whole: Whole, parts: list[Part]) -> None:
        listed = [
            {"PartNumber": number, "ETag": f'"{part.etag}"'}
            | ({} if upload.sums is Sums.NONE else {"ChecksumCRC32": _text(part.crc32)})
            for number, part in enumerate(parts, 1)
        ]
        sums: dict[str, Any] = {}
        if upload.sums is Sums.WHOLE:
            sums = {"ChecksumCRC32": _text(whole.crc32), "ChecksumType": "FULL_OBJECT", "MpuObjectSize": whole.size}
        await self._connection.call(
            "completion",
            "complete_multipart_upload",
            Key=upload.key,
            UploadId=upload.id,
            MultipartUpload={"Parts": listed},
            **sums,
        )

    async def abort(self, key: str, upload_id: str) -> None:
        """Of one that is gone already, too."""
        try:
            await self._connection.call("an end", "abort_multipart_upload", Key=key, UploadId=upload_id)
        except Refused as refusal:
            if refusal.status != 404:
                raise

    async def unfinished(self, prefix: str) -> list[tuple[str, str]]:
        """Key and id of uploads below `prefix`; the first thousand."""
        answer = await self._connection.call("the list of uploads", "list_multipart_uploads", Prefix=prefix)
        found = ((str(one["Key"]), str(one["UploadId"])) for one in answer.get("Uploads") or ())
        return [(key, upload_id) for key, upload_id in found if key.startswith(prefix)]

    async def stored(self, key: str) -> Stored | None:
        """None: it is not there."""
        try:
            return read_stored(
                await self._connection.call("an object's head", "head_object", Key=key, ChecksumMode="ENABLED")
            )
        except Refused as refusal:
            if refusal.is_absence:
                return None
            raise


def _described(headers: Headers) -> dict[str, Any]:
    described: dict[str, Any] = {"ContentType": headers.content_type, "Metadata": {RECORDING: headers.recording}}
    return described | ({"ContentDisposition": headers.disposition} if headers.disposition else {})


def _sums_of(answer: Mapping[str, Any]) -> Sums:
    """What the store has understood: it repeats it."""
    if answer.get("ChecksumAlgorithm") != "CRC32":
        return Sums.NONE
    return Sums.WHOLE if answer.get("ChecksumType") == "FULL_OBJECT" else Sums.PARTS


def _text(crc32: int) -> str:
    return base64.b64encode(crc32.to_bytes(4)).decode()
