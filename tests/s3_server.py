"""A small store that speaks S3, and refuses what Google Cloud Storage refuses; with levers.

Objects are in memory. It knows one key, and looks at who signs, not at the signature.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.sax.saxutils import escape

from aiohttp import web

KEY, SECRET = "GOOG1EXAMPLE", "a/secret+with=signs"
BUCKET = "ritmo-backups"


@dataclass
class S3Server:
    """What it holds, what it was asked, and what goes wrong with it."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    aborted: int = 0
    fails: Counter[str] = field(default_factory=Counter)
    """How often each kind of request is still answered with 503."""
    hangs: set[str] = field(default_factory=set)
    """Kinds of requests that are never answered."""
    denies: set[str] = field(default_factory=set)
    """Kinds of requests that the key may not make."""
    tears: bool = False
    """Whether what is read ends in the middle."""
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def address(self) -> str:
        """Return the address of a target below a prefix."""
        secret = SECRET.replace("/", "%2F").replace("+", "%2B")
        return f"s3+http://{KEY}:{secret}@127.0.0.1:{self.port}/{BUCKET}/a%20house"

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{bucket}{key:(/.*)?}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or refuse it as others than AWS do."""
        query, key = request.query, unquote(request.match_info["key"]).removeprefix("/")
        kind = self.kind_of(request, key)
        self.asked[kind] += 1
        if kind in self.hangs:
            self.hanging.set()
            await asyncio.Event().wait()
        if self.fails[kind] > 0:
            self.fails[kind] -= 1
            return refusal(503, "SlowDown")
        body = await request.read()
        names = {name.lower() for name in request.headers}
        if any(name.startswith(("x-amz-checksum", "x-amz-sdk-checksum")) for name in names):
            return refusal(400, "InvalidArgument")
        if "aws-chunked" in request.headers.get("Content-Encoding", ""):
            return refusal(400, "InvalidArgument")
        if kind == "delete_objects":
            return refusal(501, "NotImplemented")
        if f"Credential={KEY}/" not in request.headers.get("Authorization", ""):
            return refusal(403, "InvalidAccessKeyId")
        if request.headers.get("x-amz-content-sha256") not in (
            hashlib.sha256(body).hexdigest(),
            "UNSIGNED-PAYLOAD",
        ):
            return refusal(400, "XAmzContentSHA256Mismatch")
        if request.match_info["bucket"] != BUCKET:
            return refusal(404, "NoSuchBucket")
        if kind in self.denies:
            return refusal(403, "AccessDenied")
        return self.answer(kind, key, query.get("uploadId", ""), query, body)

    def kind_of(self, request: web.Request, key: str) -> str:
        """Name a request."""
        query = request.query
        if "delete" in query:
            return "delete_objects"
        if "uploads" in query:
            return "begin"
        if "uploadId" in query:
            return {"PUT": "part", "POST": "complete", "DELETE": "abort"}[request.method]
        return {"GET": "get" if key else "list", "PUT": "put", "HEAD": "head"}.get(
            request.method, "delete"
        )

    def answer(
        self, kind: str, key: str, upload: str, given: Mapping[str, str], body: bytes
    ) -> web.StreamResponse:
        """Do what is asked."""
        if kind == "list":
            return self.listed(given.get("prefix", ""))
        if kind == "begin":
            number = f"upload-{len(self.uploads)}"
            self.uploads[number] = {}
            return xml(f"<R><UploadId>{number}</UploadId></R>", "InitiateMultipartUploadResult")
        if kind == "part":
            self.uploads[upload][int(given["partNumber"])] = body
            return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        if kind == "complete":
            parts = self.uploads.pop(upload)
            numbers = [int(one) for one in re.findall(r"<PartNumber>(\d+)<", body.decode())]
            if any(len(parts[one]) < 5 << 20 for one in numbers[:-1]):
                return refusal(400, "EntityTooSmall")
            self.objects[key] = b"".join(parts[one] for one in numbers)
            return xml("<R><ETag>x</ETag></R>", "CompleteMultipartUploadResult")
        if kind == "abort":
            self.uploads.pop(upload, None)
            self.aborted += 1
            return web.Response(status=204)
        if kind == "put":
            self.objects[key] = body
            return web.Response(headers={"ETag": '"x"'})
        if kind == "delete":
            self.objects.pop(key, None)
            return web.Response(status=204)
        if key not in self.objects:
            return refusal(404, "NoSuchKey")
        data = self.objects[key]
        if self.tears and kind == "get" and len(data) > 4096:
            return Torn(data)
        return web.Response(body=data)

    def listed(self, prefix: str) -> web.Response:
        """List keys."""
        found = sorted(key for key in self.objects if key.startswith(prefix))
        rows = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in found)
        return xml(f"<R><IsTruncated>false</IsTruncated>{rows}</R>", "ListBucketResult")


class Torn(web.StreamResponse):
    """An answer whose line breaks in the middle."""

    def __init__(self, data: bytes) -> None:
        super().__init__(headers={"Content-Length": str(len(data))})
        self._data = data

    async def prepare(self, request: web.BaseRequest) -> object:  # type: ignore[override]
        """Send half, and hang up."""
        writer = await super().prepare(request)
        await self.write(self._data[: len(self._data) // 2])
        if request.transport is not None:
            request.transport.abort()
        return writer


def xml(inside: str, name: str) -> web.Response:
    """Write an answer whose outermost element has this name."""
    text = inside.replace("<R>", f"<{name}>").replace("</R>", f"</{name}>")
    return web.Response(text=text, content_type="application/xml")


def refusal(status: int, code: str) -> web.Response:
    """Refuse."""
    text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")
