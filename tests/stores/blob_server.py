"""A server that answers as Google Cloud Storage (XML API) and as Azure Blob Storage are documented to."""

import hashlib
import itertools
import re
from collections import defaultdict
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.stores.relay import Fault

_MOST_BODY = 1 << 30
_MODIFIED = "Sun, 22 Nov 2026 10:00:00 GMT"


class BlobServer:
    """Objects by path, with what was said about them. Wants an Authorization header with every request."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.described: dict[str, dict[str, str]] = {}
        self.pending: dict[str, dict[str, bytes]] = defaultdict(dict)  # parts by upload, or blocks by path
        self.fault: Fault = lambda _request, _body: None
        self.struck = 0
        self.seen: list[str] = []
        self.port = 0
        self._versions: dict[str, int] = {}
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        application = web.Application(client_max_size=_MOST_BODY)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    def put(self, path: str, data: bytes) -> None:
        self.objects[path] = data
        self._versions[path] = next(self._numbers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(f"{request.method} {request.raw_path}")
        changed = self.fault(request, body)
        self.struck += changed is not None
        if isinstance(changed, web.Response):
            return changed
        if "Authorization" not in request.headers:
            return web.Response(status=401)
        path = request.path.lstrip("/")
        answer = {"PUT": self._put, "POST": self._post, "DELETE": self._delete}.get(request.method, self._get)
        return answer(request, path, changed or body)

    def _put(self, request: web.Request, path: str, body: bytes) -> web.Response:
        if "partNumber" in request.query:
            self.pending[request.query["uploadId"]][request.query["partNumber"]] = body
            return web.Response(headers={"ETag": f'"{hashlib.sha256(body).hexdigest()}"'})
        if request.query.get("comp") == "block":
            self.pending[path][request.query["blockid"]] = body
            return web.Response(status=201)
        if request.query.get("comp") == "blocklist":
            blocks = re.findall("<Uncommitted>(.*?)</Uncommitted>", body.decode())
            if not set(blocks) <= self.pending[path].keys():
                return web.Response(status=400, text="<Error><Code>InvalidBlockList</Code></Error>")
            held = self.pending.pop(path)
            body = b"".join(held[block] for block in blocks)
        self._describe(request, path)
        self.put(path, body)
        return web.Response(status=201 if "x-ms-version" in request.headers else 200, headers=self._tags(path))

    def _post(self, request: web.Request, path: str, body: bytes) -> web.Response:
        if "uploads" in request.query:
            self._describe(request, path)
            upload = f"upload-{next(self._numbers)}"
            self.pending[upload] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            return web.Response(text=text, content_type="application/xml")
        held = self.pending.pop(request.query["uploadId"], None)
        if held is None:
            return web.Response(status=404, text="<Error><Code>NoSuchUpload</Code></Error>")
        numbers = re.findall("<PartNumber>(.*?)</PartNumber>", body.decode())
        self.put(path, b"".join(held[number] for number in numbers))
        etag = self._tags(path)["ETag"].replace('"', "&quot;")
        text = f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
        return web.Response(text=text, content_type="application/xml", headers=self._tags(path))

    def _delete(self, request: web.Request, path: str, _body: bytes) -> web.Response:
        self.pending.pop(request.query.get("uploadId", path), None)
        return web.Response(status=204)

    def _get(self, request: web.Request, path: str, _body: bytes) -> web.Response:
        data = self.objects.get(path)
        if data is None:
            return web.Response(status=404)
        headers = {**self._tags(path), "Last-Modified": _MODIFIED, "Accept-Ranges": "bytes"}
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": str(len(data))})
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", request.headers.get("x-ms-range", "")))
        if asked is None:
            return web.Response(body=data, headers=headers)
        first, last = int(asked[1]), min(int(asked[2]), len(data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return web.Response(status=206, body=data[first : last + 1], headers=headers)

    def _describe(self, request: web.Request, path: str) -> None:
        self.described[path] = {name.lower(): value for name, value in request.headers.items()}

    def _tags(self, path: str) -> dict[str, str]:
        version = str(self._versions[path])
        return {"ETag": f'"0x{version}"', "x-goog-generation": version}
