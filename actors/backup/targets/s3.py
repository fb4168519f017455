"""A store that speaks S3 as a target: AWS, Google Cloud Storage, MinIO and many others.

What others than AWS refuse is not sent: checksums beside the signature (boto adds them only where
S3 demands them), and the deletion of many objects at once. An upload that does not end well is
aborted, so that its parts are not kept, and paid for, for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError

from actors.backup.targets.address import BucketPlace
from actors.backup.targets.protocol import PART, ObjectMissing, TargetAway, Undeletable
from actors.runtime.cancellation import cancel

if TYPE_CHECKING:
    from aiobotocore.client import AioBaseClient

IN_FLIGHT = 2
"""Parts that are sent at once."""

TRIES = 4
"""How often a request is tried, with pauses that grow, before the target counts as away."""

ABORT = 20.0
"""Seconds that may be spent on giving an upload up."""

SMALLEST = 5 << 20
"""Bytes of a part that is not the last, at least."""

DENIED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "401", "403", "Forbidden"}
)
GONE = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Bucket:
    """Keeps objects below a prefix of a bucket."""

    def __init__(self, place: BucketPlace) -> None:
        """Keep them at `place`."""
        self._place = place
        self._stack = AsyncExitStack()
        self._opened: AioBaseClient | None = None

    @property
    def name(self) -> str:
        """Return its address without its key."""
        host = self._place.endpoint.partition("://")[2]
        return "/".join(filter(None, (f"s3://{host}", self._place.bucket, self._place.prefix)))

    @property
    def _client(self) -> Any:
        if self._opened is None:
            raise TargetAway(f"The target {self.name} is not open.")
        return self._opened

    async def open(self) -> None:
        """Connect, and see that the bucket is there."""
        config = AioConfig(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "max_attempts": TRIES},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=IN_FLIGHT + 2,
        )
        session = aioboto3.Session(
            aws_access_key_id=self._place.key,
            aws_secret_access_key=self._place.secret,
            region_name=self._place.region,
        )
        made = session.client("s3", endpoint_url=self._place.endpoint, config=config)
        self._opened = await self._stack.enter_async_context(made)
        with self._told():
            await self._client.list_objects_v2(Bucket=self._place.bucket, MaxKeys=1)

    async def close(self) -> None:
        """Let go of the connections."""
        self._opened = None
        await self._stack.aclose()

    async def stream(self, key: str, parts: AsyncIterator[bytes]) -> None:
        """Upload an object in parts; two at once, and none stays if it does not end well."""
        first = await anext(parts, b"")
        second = await anext(parts, None)
        if second is None:
            await self.put(key, first)
            return
        at = {"Bucket": self._place.bucket, "Key": self._key(key)}
        with self._told():
            begun = await self._client.create_multipart_upload(**at)
            upload = {**at, "UploadId": begun["UploadId"]}
            whole = False
            try:
                done = await self._upload(upload, _after(first, second, parts))
                await self._client.complete_multipart_upload(
                    **upload, MultipartUpload={"Parts": done}
                )
                whole = True
            finally:
                if not whole:
                    await asyncio.shield(self._abort(upload))

    async def _upload(
        self, upload: dict[str, str], parts: AsyncIterator[bytes]
    ) -> list[dict[str, str | int]]:
        """Send parts; return what S3 said of each."""
        done = list[dict[str, str | int]]()
        flying = set[asyncio.Task[None]]()

        async def send(number: int, part: bytes) -> None:
            said = await self._client.upload_part(**upload, PartNumber=number, Body=part)
            done.append({"PartNumber": number, "ETag": said["ETag"]})

        try:
            number = 0
            async for part in parts:
                number += 1
                flying.add(asyncio.create_task(send(number, part)))
                del part
                if len(flying) >= IN_FLIGHT:
                    ended, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                    for task in ended:
                        task.result()
            for task in list(flying):
                await task
        finally:
            await cancel(flying)
        return sorted(done, key=lambda one: one["PartNumber"])

    async def _abort(self, upload: dict[str, str]) -> None:
        try:
            async with asyncio.timeout(ABORT):
                await self._client.abort_multipart_upload(**upload)
        except (BotoCoreError, ClientError, TimeoutError, OSError):
            return  # a rule of the bucket clears it away (see docs/backup.md)

    async def put(self, key: str, data: bytes) -> None:
        """Write a small object."""
        with self._told():
            await self._client.put_object(Bucket=self._place.bucket, Key=self._key(key), Body=data)

    async def get(self, key: str) -> bytes:
        """Read a small object."""
        return b"".join([chunk async for chunk in self.read(key)])

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Read an object on and on; a line that breaks is a target that is away."""
        with self._told():
            said = await self._client.get_object(Bucket=self._place.bucket, Key=self._key(key))
            body = said["Body"]
            try:
                while chunk := await body.read(PART // 8):
                    yield chunk
            finally:
                body.close()

    async def size(self, key: str) -> int:
        """Return the bytes of an object."""
        with self._told():
            said = await self._client.head_object(Bucket=self._place.bucket, Key=self._key(key))
        return int(said["ContentLength"])

    async def keys(self) -> list[str]:
        """List all objects below the prefix."""
        found, before = list[str](), self._key("")
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=before
            )
            async for page in pages:
                found += [one["Key"].removeprefix(before) for one in page.get("Contents", ())]
        return found

    async def drop(self, key: str) -> None:
        """Delete an object. Raises Undeletable if this key may not."""
        try:
            with self._told():
                await self._client.delete_object(Bucket=self._place.bucket, Key=self._key(key))
        except ObjectMissing:
            return
        except TargetAway as no:
            cause = no.__cause__
            if isinstance(cause, ClientError) and _code(cause) in DENIED:
                raise Undeletable(str(no)) from cause
            raise

    def _key(self, key: str) -> str:
        return f"{self._place.prefix}/{key}" if self._place.prefix else key

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong, and what to do, without a word of the key."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code in GONE:
                raise ObjectMissing(self.name) from None
            why = f"it says {code}"
            if code in DENIED:
                why = f"it does not take the key ({code}): see RITMO_BACKUP_TARGETS"
            elif code == "NoSuchBucket":
                why = f"it has no bucket {self._place.bucket}: make it"
            raise TargetAway(f"The target {self.name} cannot be used: {why}.") from error
        except (BotoCoreError, aiohttp.ClientError, TimeoutError, OSError) as error:
            why = f"it cannot be reached ({type(error).__name__})"
            raise TargetAway(f"The target {self.name} cannot be used: {why}.") from error


def _code(error: ClientError) -> str:
    said = error.response
    return str(said.get("Error", {}).get("Code") or said["ResponseMetadata"]["HTTPStatusCode"])


async def _after(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    del first
    yield second
    del second
    async for part in rest:
        yield part
