"""A server of our own that answers as Kaltura's public API is documented to, on loopback, and strictly: what the
documentation does not name is an error. Faults can be switched on, request by request."""

import asyncio
import base64
import hashlib
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

PARTNER = 4711
SECRET = "9f86d081884c7d659a2feaa0c55ad015"
NO_CONTENT, CONVERTING, READY = 7, 1, 2
PENDING, PARTIAL, FULL, CLOSED, TIMED_OUT = range(5)
WEEK_S = 7 * 24 * 3600
COMMON = {"ks", "format", "clientTag"}

# Which parameters each action has; those with a star must be there. `fileData` is a file.
ACTIONS = {
    "session.start": ("secret*", "userId", "type", "partnerId*", "expiry", "privileges"),
    "media.list": ("filter", "pager"),
    "media.add": ("entry*",),
    "media.get": ("entryId*", "version"),
    "media.update": ("entryId*", "mediaEntry*"),
    "media.delete": ("entryId*",),
    "media.addContent": ("entryId*", "resource"),
    "uploadToken.add": ("uploadToken",),
    "uploadToken.get": ("uploadTokenId*",),
    "uploadToken.upload": ("uploadTokenId*", "fileData*", "resume", "finalChunk", "resumeAt"),
    "uploadToken.delete": ("uploadTokenId*",),
    "categoryEntry.add": ("categoryEntry*",),
    "categoryEntry.delete": ("entryId*", "categoryId*"),
    "room.attachRecordedEntry": ("roomEntryId*", "mediaEntryId*"),
    "flavorAsset.list": ("filter", "pager"),
    "thumbAsset.addFromImage": ("entryId*", "fileData*"),
    "thumbAsset.setAsDefault": ("thumbAssetId*",),
}
# The fields that an object may be given with, beside `objectType`.
_WORDS = {"name", "description", "tags", "adminTags", "userId", "referenceId", "categories", "parentEntryId"}
_RIGHTS = {"entitledUsersEdit", "entitledUsersPublish", "entitledUsersView"}
OBJECTS = {
    "entry": ("KalturaMediaEntry", _WORDS | _RIGHTS | {"mediaType"}),
    "mediaEntry": ("KalturaMediaEntry", _WORDS | _RIGHTS),
    "resource": ("KalturaUploadedFileTokenResource", {"token"}),
    "uploadToken": ("KalturaUploadToken", {"fileName", "fileSize", "autoFinalize"}),
    "categoryEntry": ("KalturaCategoryEntry", {"categoryId", "entryId"}),
    "filter": (None, {"referenceIdEqual", "statusIn", "moderationStatusIn", "orderBy", "entryIdEqual"}),
    "pager": ("KalturaFilterPager", {"pageSize", "pageIndex"}),
}


class Refused(Exception):  # noqa: N818
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


@dataclass
class Entry:
    id: str
    fields: dict[str, Any]
    created: int
    hidden: int  # from so many searches
    status: int = NO_CONTENT
    content: bytes | None = None
    digest: str = ""
    size: int = 0
    categories: list[int] = field(default_factory=list)
    thumbnail: bytes = b""


@dataclass
class Upload:
    id: str
    user: str
    expected: int | None
    born: float
    status: int = PENDING
    data: bytearray = field(default_factory=bytearray)
    received: int = 0
    hash: Any = field(default_factory=hashlib.sha256)


@dataclass
class Fault:
    """What happens to the `nth` request of an action from now on, for `times` of them. Stage `before`: instead of what
    was asked for. Stage `after`: it is done, and its answer goes lost."""

    action: str
    what: Callable[[web.Request], Awaitable[web.StreamResponse]]
    stage: str = "before"
    nth: int = 1
    times: int = 1


@dataclass
class Session:
    user: str
    admin: bool
    until: float
    privileges: set[str]


class KalturaServer:
    def __init__(self, *, keeps_bytes: bool = True) -> None:
        self.keeps_bytes = keeps_bytes  # False: of large files only their digests
        self.entries: dict[str, Entry] = {}
        self.uploads: dict[str, Upload] = {}
        self.sessions: dict[str, Session] = {}
        self.categories: dict[int, set[str]] = {11: set(), 12: set(), 21: set()}  # with those who may file in them
        self.rooms: dict[str, list[str]] = {"1_room": [], "1_main": [], "1_breakout": []}
        self.thumbnails: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.lifetimes: list[int] = []  # of sessions, as they were asked for
        self.early: list[str] = []  # what was published before it had content
        self.most_at_once = 0  # bytes of one part
        self.faults: list[Fault] = []
        self.ghosts: list[Entry] = []  # deleted, and shown by searches still
        self.searches_behind = 0  # so many do not show a new entry
        self.ago_s = 0.0  # how far time has been moved on
        self.tells_exact_size = True
        self.url = ""
        self.stop_listening: Callable[[], Awaitable[None]]

    # -- what tests do to it

    def fail(self, action: str, what: Any, *, stage: str = "before", nth: int = 1, times: int = 1) -> None:
        self.faults.append(Fault(action, what, stage, nth, times))

    def expire_sessions(self) -> None:
        for session in self.sessions.values():
            session.until = 0.0

    def pass_time(self, seconds: float) -> None:
        self.ago_s += seconds

    def only_entry(self) -> Entry:
        assert len(self.entries) == 1, f"{len(self.entries)} entries"
        return next(iter(self.entries.values()))

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time() + self.ago_s

    # -- requests

    async def handle(self, request: web.Request) -> web.StreamResponse:
        service, action = request.match_info["service"], request.match_info["action"]
        name = next((one for one in ACTIONS if one.lower() == f"{service}.{action}".lower()), f"{service}.{action}")
        self.asked.append(name)
        fault = self._fault(name)
        if fault is not None and fault.stage == "before":
            return await fault.what(request)
        try:
            answer = await self._answer(name, request)
        except Refused as refused:
            answer = {
                "code": refused.code,
                "message": refused.message,
                "objectType": "KalturaAPIException",
                "args": {},
            }
        if fault is not None:
            return await fault.what(request)
        return web.json_response(answer)

    def _fault(self, name: str) -> Fault | None:
        for fault in self.faults:
            if fault.action != name:
                continue
            fault.nth -= 1
            if fault.nth <= 0 < fault.times:
                fault.times -= 1
                return fault
        return None

    async def _answer(self, name: str, request: web.Request) -> Any:
        if name not in ACTIONS:
            raise Refused("SERVICE_DOES_NOT_EXISTS", f'Service "{name}" does not exists')
        if request.query_string:
            raise Refused("INTERNAL_SERVERL_ERROR", "nothing belongs into the address")
        values, file = await self._read(request)
        if values.get("format") != 1:
            raise Refused("INTERNAL_SERVERL_ERROR", "without format 1 the answer would be XML")
        self._check_parameters(name, values)
        if name == "session.start":
            return self._start(values)
        session = self._session(values)
        handler = getattr(self, "_" + name.replace(".", "_"))
        return handler(values, session) if file is None else handler(values, session, file)

    async def _read(self, request: web.Request) -> tuple[dict[str, Any], bytes | None]:
        assert request.headers.get("Content-Length"), "a body of unknown length, which not every server takes"
        if request.content_type == "application/json":
            return await request.json(), None
        assert request.content_type == "multipart/form-data"
        values: dict[str, Any] = {}
        file = b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "json":
                values = json.loads(await part.text())
            else:
                assert part.name == "fileData", part.name
                assert part.filename
                file = bytes(await part.read())
                self.most_at_once = max(self.most_at_once, len(file))
        return values | {"fileData": "…"}, file

    @staticmethod
    def _check_parameters(name: str, values: Mapping[str, Any]) -> None:
        known = {one.rstrip("*") for one in ACTIONS[name]} | COMMON
        if unknown := set(values) - known:
            raise Refused("INTERNAL_SERVERL_ERROR", f"{name} has no parameter {unknown}")
        for one in ACTIONS[name]:
            if one.endswith("*") and one[:-1] not in values:
                raise Refused("MISSING_MANDATORY_PARAMETER", f'Missing parameter "{one[:-1]}"')
        for key, value in values.items():
            if key not in OBJECTS:
                continue
            kind, fields = OBJECTS[key]
            if not isinstance(value, dict) or "objectType" not in value or kind not in {None, value["objectType"]}:
                raise Refused("OBJECT_TYPE_ABSTRACT", f"{key} must be a {kind}")
            if unknown := set(value) - fields - {"objectType"}:
                raise Refused("PROPERTY_VALIDATION_NOT_UPDATABLE", f"The property {unknown} cannot be set")

    def _start(self, values: Mapping[str, Any]) -> str:
        if values["secret"] != SECRET or values["partnerId"] != PARTNER:
            raise Refused("START_SESSION_ERROR", f'Error while starting session for partner "{values["partnerId"]}"')
        ks = base64.b64encode(b"v2|" + secrets.token_bytes(48)).decode()
        lifetime = int(values.get("expiry", 86400))
        self.lifetimes.append(lifetime)
        privileges = set(str(values.get("privileges", "")).split(","))
        self.sessions[ks] = Session(
            str(values.get("userId", "")), values.get("type") == 2, self.now + lifetime, privileges
        )
        return ks

    def _session(self, values: Mapping[str, Any]) -> Session:
        ks = values.get("ks")
        if not ks:
            raise Refused("MISSING_KS", "Missing KS, session not established")
        session = self.sessions.get(ks)
        if session is None or session.until < self.now:
            raise Refused("INVALID_KS", f'Invalid KS "{ks}", Error "-1,EXPIRED"')
        return session

    # -- media

    def _entry(self, entry_id: str) -> Entry:
        if entry_id not in self.entries:
            raise Refused("ENTRY_ID_NOT_FOUND", f'Entry id "{entry_id}" not found')
        return self.entries[entry_id]

    @staticmethod
    def _shown(entry: Entry) -> dict[str, Any]:
        shown = {key: value for key, value in entry.fields.items() if key != "objectType"}
        return {"objectType": "KalturaMediaEntry", "id": entry.id, "status": entry.status, **shown}

    def _check_entry(self, fields: Mapping[str, Any], session: Session) -> None:
        if "categories" in fields:
            raise Refused("ENTRY_CATEGORY_FIELD_IS_DEPRECATED", "the partner's categories have a privacy context")
        if "parentEntryId" in fields:
            raise Refused("PARENT_ENTRY_ID_NOT_ALLOWED", "a parent entry goes with no categories")
        if fields.get("userId", session.user) != session.user and not session.admin:
            raise Refused("INVALID_KS", "only an admin files for others")

    def _media_add(self, values: Mapping[str, Any], session: Session) -> dict[str, Any]:
        fields = values["entry"]
        self._check_entry(fields, session)
        if fields.get("mediaType") not in {1, 2, 5}:
            raise Refused("PROPERTY_VALIDATION_CANNOT_BE_NULL", "The property mediaType cannot be NULL")
        entry = Entry(
            f"1_{secrets.token_hex(4)}",
            {"userId": session.user, **fields},
            len(self.entries),
            self.searches_behind,
        )
        self.entries[entry.id] = entry
        return self._shown(entry)

    def _media_get(self, values: Mapping[str, Any], _session: Session) -> dict[str, Any]:
        entry = self._entry(values["entryId"])
        shown = self._shown(entry)
        if entry.status == CONVERTING:
            entry.status = READY  # the next one who asks finds it converted
        return shown

    def _media_update(self, values: Mapping[str, Any], session: Session) -> dict[str, Any]:
        entry = self._entry(values["entryId"])
        self._check_entry(values["mediaEntry"], session)
        entry.fields |= values["mediaEntry"]
        return self._shown(entry)

    def _media_delete(self, values: Mapping[str, Any], _session: Session) -> None:
        del self.entries[self._entry(values["entryId"]).id]

    def _media_list(self, values: Mapping[str, Any], _session: Session) -> dict[str, Any]:
        wanted = values.get("filter", {})
        assert wanted.get("orderBy", "+createdAt") == "+createdAt"
        states = {int(one) for one in str(wanted.get("statusIn", READY)).split(",")}
        found = [
            self._shown(entry)
            for entry in self._searched()
            if entry.status in states
            and wanted.get("referenceIdEqual", entry.fields.get("referenceId")) == entry.fields.get("referenceId")
        ]
        shown = found[: values.get("pager", {}).get("pageSize", 30)]
        return {"objectType": "KalturaMediaListResponse", "objects": shown, "totalCount": len(found)}

    def _searched(self) -> list[Entry]:
        for entry in self.entries.values():
            entry.hidden -= 1
        shown = [one for one in self.entries.values() if one.hidden < 0]
        return sorted((*self.ghosts, *shown), key=lambda one: one.created)

    def _media_addContent(self, values: Mapping[str, Any], _session: Session) -> dict[str, Any]:  # noqa: N802
        entry = self._entry(values["entryId"])
        if entry.status != NO_CONTENT:
            raise Refused("ENTRY_ALREADY_WITH_CONTENT", "Entry already associated with content")
        upload = self._upload(values["resource"]["token"])
        if upload.status != FULL:
            raise Refused("UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY", "Upload token is in an invalid status")
        entry.status, upload.status = CONVERTING, CLOSED
        entry.content, entry.size, entry.digest = bytes(upload.data), upload.received, upload.hash.hexdigest()
        upload.data = bytearray()
        return self._shown(entry)

    # -- uploads

    def _upload(self, token: str) -> Upload:
        upload = self.uploads.get(token)
        if upload is None or self.now - upload.born > 2 * WEEK_S:
            raise Refused("UPLOAD_TOKEN_NOT_FOUND", f'Upload token "{token}" not found')
        if self.now - upload.born > WEEK_S and upload.status < CLOSED:
            upload.status = TIMED_OUT
        return upload

    @staticmethod
    def _shown_upload(upload: Upload) -> dict[str, Any]:
        shown: dict[str, Any] = {"objectType": "KalturaUploadToken", "id": upload.id, "status": upload.status}
        return shown | {"fileSize": upload.expected, "uploadedFileSize": float(upload.received) or None}

    def _uploadToken_add(self, values: Mapping[str, Any], session: Session) -> dict[str, Any]:  # noqa: N802
        token = f"1_{secrets.token_hex(16)}"
        self.uploads[token] = Upload(token, session.user, values.get("uploadToken", {}).get("fileSize"), self.now)
        return self._shown_upload(self.uploads[token])

    def _uploadToken_get(self, values: Mapping[str, Any], _session: Session) -> dict[str, Any]:  # noqa: N802
        return self._shown_upload(self._upload(values["uploadTokenId"]))

    def _uploadToken_delete(self, values: Mapping[str, Any], _session: Session) -> None:  # noqa: N802
        del self.uploads[self._upload(values["uploadTokenId"]).id]

    def _uploadToken_upload(  # noqa: N802
        self, values: Mapping[str, Any], _session: Session, file: bytes
    ) -> dict[str, Any]:
        upload = self._upload(values["uploadTokenId"])
        resume, final = values.get("resume", False), values.get("finalChunk", True)
        if upload.status not in {PENDING, PARTIAL}:
            raise Refused(
                "UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD", "Upload token is in an invalid status for uploading"
            )
        if resume != (upload.status == PARTIAL) or resume != ("resumeAt" in values):
            raise Refused("UPLOAD_TOKEN_CANNOT_RESUME", "the first part comes first, and once")
        if (at := int(values.get("resumeAt", 0))) > upload.received:
            raise Refused("UPLOAD_TOKEN_RESUMING_INVALID_POSITION", f"there are {upload.received} bytes, not {at}")
        self.write(upload, at, file)
        upload.status = PARTIAL
        if final:
            if upload.expected not in {None, upload.received}:
                raise Refused("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE", "not all of the parts were appended yet")
            upload.status = FULL
        return self._shown_upload(upload)

    def write(self, upload: Upload, at: int, file: bytes) -> None:
        if self.keeps_bytes:
            upload.data[at : at + len(file)] = file
            upload.received = len(upload.data)
            upload.hash = hashlib.sha256(upload.data)
        else:
            assert at == upload.received
            upload.received += len(file)
            upload.hash.update(file)

    # -- where it is seen

    def _categoryEntry_add(self, values: Mapping[str, Any], session: Session) -> dict[str, Any]:  # noqa: N802
        filed = values["categoryEntry"]
        entry, category = self._entry(filed["entryId"]), filed["categoryId"]
        if category not in self.categories:
            raise Refused("CATEGORY_NOT_FOUND", f'Category id "{category}" not found')
        if "disableentitlement" not in session.privileges and session.user not in self.categories[category]:
            raise Refused("CANNOT_ASSIGN_ENTRY_TO_CATEGORY", "Cannot assign entry to category")
        if category in entry.categories:
            raise Refused("CATEGORY_ENTRY_ALREADY_EXISTS", "Entry already assigned to this category")
        if entry.status == NO_CONTENT:
            self.early.append(f"category {category}")
        entry.categories.append(category)
        return {"objectType": "KalturaCategoryEntry", "status": 2, **filed}

    def _categoryEntry_delete(self, values: Mapping[str, Any], _session: Session) -> None:  # noqa: N802
        entry = self._entry(values["entryId"])
        if values["categoryId"] not in entry.categories:
            raise Refused("ENTRY_IS_NOT_ASSIGNED_TO_CATEGORY", "Entry doesn't assigned to category")
        entry.categories.remove(values["categoryId"])

    def _room_attachRecordedEntry(self, values: Mapping[str, Any], _session: Session) -> None:  # noqa: N802
        entry = self._entry(values["mediaEntryId"])
        if values["roomEntryId"] not in self.rooms:
            raise Refused("ENTRY_ID_NOT_FOUND", f'Entry id "{values["roomEntryId"]}" not found')
        if entry.status == NO_CONTENT:
            self.early.append("room")
        linked = self.rooms[values["roomEntryId"]]
        if entry.id not in linked:
            linked.append(entry.id)

    def _flavorAsset_list(self, values: Mapping[str, Any], _session: Session) -> dict[str, Any]:  # noqa: N802
        entry = self._entry(values["filter"]["entryIdEqual"])
        original: dict[str, Any] = {"id": "1_o", "isOriginal": True, "size": entry.size // 1024, "status": 2}
        if self.tells_exact_size:
            original["sizeInBytes"] = entry.size
        other = {"id": "1_f", "isOriginal": False, "size": 7, "sizeInBytes": 7168}
        objects = [] if entry.content is None else [other, original]
        return {"objectType": "KalturaFlavorAssetListResponse", "objects": objects, "totalCount": len(objects)}

    def _thumbAsset_addFromImage(  # noqa: N802
        self, values: Mapping[str, Any], _session: Session, file: bytes
    ) -> dict[str, Any]:
        thumbnail = f"1_{secrets.token_hex(4)}"
        self.thumbnails[thumbnail] = (self._entry(values["entryId"]).id, file)
        return {"objectType": "KalturaThumbAsset", "id": thumbnail, "status": 2}

    def _thumbAsset_setAsDefault(self, values: Mapping[str, Any], _session: Session) -> None:  # noqa: N802
        entry, picture = self.thumbnails[values["thumbAssetId"]]
        self.entries[entry].thumbnail = picture


# -- faults


async def error_page(_request: web.Request) -> web.StreamResponse:
    """What a proxy says when the server behind it is gone."""
    return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")


async def login_page(_request: web.Request) -> web.StreamResponse:
    """A friendly page with status 200 that is no answer of the API."""
    return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")


async def elsewhere(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/")


async def endless(request: web.Request) -> web.StreamResponse:
    reply = web.StreamResponse()
    await reply.prepare(request)
    while True:
        await reply.write(b" " * 65536)


async def silence(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_in_the_middle(request: web.Request) -> web.StreamResponse:
    await request.content.read(1000)
    return await cut(request)


def refusal(code: str, message: str = "no") -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": code, "message": message, "objectType": "KalturaAPIException", "args": {}})

    return refuse


@asynccontextmanager
async def running(server: KalturaServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[KalturaServer]:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/api_v3/service/{service}/action/{action}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server.stop_listening = site.stop
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
