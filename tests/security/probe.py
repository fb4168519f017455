"""Somebody else, who goes on asking while Ritmo is attacked: a process that measures its waits."""

import http.client
import json
import subprocess
import sys
import threading
import time
from types import TracebackType

PAUSE = 0.02
"""Seconds between two requests."""

NEVER = 30.0
"""Seconds that stand for a request that was not answered with 200."""


def p99(waits: list[float]) -> float:
    """Return the wait that one of a hundred requests exceeds, in milliseconds."""
    return sorted(waits)[int(len(waits) * 0.99)] * 1000


class Probe:
    """Asks from the beginning of the block to its end; `waits` are seconds for each request."""

    def __init__(
        self, port: int, bearer: str, path: str = "/v1/today", pause: float = PAUSE
    ) -> None:
        words = [str(port), path, bearer, str(pause)]
        self._words = [sys.executable, "-m", "tests.security.probe", *words]
        self.waits: list[float] = []

    def __enter__(self) -> "Probe":
        self._process = subprocess.Popen(
            self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "asking\n"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        output, _ = self._process.communicate("\n", timeout=60)
        self.waits = json.loads(output)


def ask(port: int, path: str, bearer: str, pause: float) -> None:
    """Ask until something comes from standard input, then print the waits."""
    told = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        told.set()

    threading.Thread(target=listen, daemon=True).start()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=NEVER)
    waits: list[float] = []
    print("asking", flush=True)
    while not told.wait(pause):
        began = time.perf_counter()
        try:
            line.request("GET", path, headers={"Authorization": bearer})
            answer = line.getresponse()
            answer.read()
            spent = time.perf_counter() - began
            waits.append(spent if answer.status == 200 else NEVER)
        except (OSError, http.client.HTTPException):
            waits.append(NEVER)
            line.close()
    print(json.dumps(waits))


if __name__ == "__main__":
    ask(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))
