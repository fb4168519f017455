"""Parts of a stream, cut by a thread and handed to several targets at once, in bounded memory."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from actors.backup.envelope import CHUNK, Counted, Readable
from actors.backup.progress import BackupProgress
from actors.backup.targets.protocol import BackupTarget, TargetAway


@dataclass(slots=True)
class Fan:
    """Hands parts to several targets at once, each at its own pace, none far behind."""

    targets: Sequence[BackupTarget]
    failed: dict[str, str] = field(default_factory=dict)
    _queues: dict[str, "asyncio.Queue[bytes | None]"] = field(default_factory=dict)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    def begin(self, key: str) -> None:
        """Begin to write an object everywhere."""
        for target in self.targets:
            queue = self._queues[target.name] = asyncio.Queue[bytes | None](1)
            self._tasks[target.name] = asyncio.create_task(target.stream(key, _drain(queue)))

    async def put(self, part: bytes | None) -> None:
        """Hand a part to each target that still takes some; None ends. Raises TargetAway."""
        for target in self.targets:
            if target.name in self.failed:
                continue
            putting = asyncio.create_task(self._queues[target.name].put(part))
            task = self._tasks[target.name]
            await asyncio.wait({putting, task}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not putting.done():
                putting.cancel()
            if task.cancelled():
                raise TargetAway("The backup was given up.")
            if task.done() and (error := task.exception()) is not None:
                self._lose(target, error)
        if len(self.failed) == len(self.targets):
            raise TargetAway(" ".join(self.failed.values()))

    async def end(self) -> list[BackupTarget]:
        """Wait until the object is everywhere; return where it is. Raises TargetAway."""
        await self.put(None)
        for target in self.targets:
            if target.name not in self.failed:
                await asyncio.wait({self._tasks[target.name]})
                if (error := self._tasks[target.name].exception()) is not None:
                    self._lose(target, error)
        there = [target for target in self.targets if target.name not in self.failed]
        if not there:
            raise TargetAway(" ".join(self.failed.values()))
        return there

    async def abort(self) -> None:
        """Give up: nothing of the object stays."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _lose(self, target: BackupTarget, error: BaseException) -> None:
        if not isinstance(error, TargetAway):  # what nobody foresaw
            raise error
        self.failed[target.name] = str(error)


async def _drain(queue: "asyncio.Queue[bytes | None]") -> AsyncIterator[bytes]:
    while (part := await queue.get()) is not None:
        yield part


class Stopped(OSError):
    """The stream was given up while a thread was still writing to it."""


class Parts:
    """Cuts what a thread writes into parts; the thread waits until targets take them."""

    def __init__(self, fan: Fan, size: int, progress: BackupProgress) -> None:
        """Cut parts of `size` bytes."""
        self.counted, self.count = Counted(), 0
        self._fan, self._size, self._progress = fan, size, progress
        self._part = bytearray()
        self._loop = asyncio.get_running_loop()
        self._stopped = False

    def counting(self, source: Readable) -> Readable:
        """Read from a source, and tell how much."""
        return _Told(source, self)

    def tell(self, count: int) -> None:
        """Tell that so many bytes were read; stops a thread whose stream was given up."""
        if self._stopped:
            raise Stopped("the stream was given up")
        self._loop.call_soon_threadsafe(self._progress.moves, count)

    def add(self, data: bytes) -> None:
        """Take in some more, in the thread."""
        self.counted.add(data)
        self._part += data
        if len(self._part) >= self._size:
            self._put(self._size)

    def end(self) -> None:
        """Hand over what is left, in the thread."""
        if self._part or not self.count:
            self._put(len(self._part))

    def stop(self) -> None:
        """Have the thread end with the next byte."""
        self._stopped = True

    def _put(self, size: int) -> None:
        if self._stopped:
            raise Stopped("the stream was given up")
        part = bytes(memoryview(self._part)[:size])
        del self._part[:size]
        self.count += 1
        asyncio.run_coroutine_threadsafe(self._fan.put(part), self._loop).result()


class _Told(io.RawIOBase):
    """Reads from a source, and tells how much."""

    def __init__(self, source: Readable, parts: Parts) -> None:
        super().__init__()
        self._source, self._parts = source, parts

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size if size > 0 else CHUNK)
        self._parts.tell(len(data))
        return data

    def readable(self) -> bool:
        return True
