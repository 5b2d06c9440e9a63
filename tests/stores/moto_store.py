"""An S3 server as a process of its own, and what is in it."""

import hashlib
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import quote

_SERVER = """
import sys, logging
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
# Whoever shows something like a signature may read; the server checks none.
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class Store:
    def __init__(self, port: int) -> None:
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    def make_bucket(self, name: str) -> None:
        self._ask(f"/{name}", "PUT")

    def objects(self, bucket: str) -> dict[str, int]:
        """Keys, and bytes of each."""
        listed = self._ask(f"/{bucket}?list-type=2").decode()
        found = re.findall(r"<Contents><Key>(.*?)</Key>.*?<Size>(\d+)</Size>", listed, re.DOTALL)
        return {html.unescape(key): int(size) for key, size in found}

    def uploads(self, bucket: str) -> list[str]:
        """Ids of those that nobody has completed or aborted."""
        return re.findall("<UploadId>(.*?)</UploadId>", self._ask(f"/{bucket}?uploads").decode())

    def sha256(self, bucket: str, key: str) -> str:
        return hashlib.sha256(self._ask(f"/{bucket}/{quote(key)}")).hexdigest()

    def headers(self, bucket: str, key: str) -> dict[str, str]:
        return self._answer(f"/{bucket}/{quote(key)}", "HEAD")[1]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._ask(f"/{bucket}/{quote(key)}", "PUT", data)

    def begin_upload(self, bucket: str, key: str) -> None:
        self._ask(f"/{bucket}/{quote(key)}?uploads", "POST")

    def _ask(self, path: str, method: str = "GET", data: bytes | None = None) -> bytes:
        return self._answer(path, method, data)[0]

    def _answer(self, path: str, method: str, data: bytes | None = None) -> tuple[bytes, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, data, {"Authorization": _SIGNED, "Content-Type": "video/mp4"})
            answer = connection.getresponse()
            assert answer.status == 200, (path, answer.status)
            return answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()


@contextmanager
def running_store() -> Iterator[Store]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(1 << 30)},
    )
    assert process.stdout is not None
    try:
        yield Store(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
