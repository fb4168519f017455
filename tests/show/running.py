"""A Ritmo of our own, started as a person would start it, and stopped whatever happens."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from ops.faults import CannotRun
from tests.backends import free_port

START = 90.0
"""Seconds that Ritmo may take to be ready."""

STOP = 60.0
"""Seconds that Ritmo may take to stop."""


def settings(**given: str) -> dict[str, str]:
    """Return an environment with these settings, and none that somebody else has made."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RITMO_")}
    # Compiling all of Ritmo takes longer than starting it.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {f"RITMO_{name.upper()}": value for name, value in given.items()}


RITMO = (sys.executable, "-m", "ops")
"""How Ritmo is called where it is worked on."""


@contextmanager
def ritmo(
    amqp: str | None = None,
    program: Sequence[str] = RITMO,
    start_in: Path | None = None,
    **given: str,
) -> Iterator[httpx.Client]:
    """Run `ritmo up` on a free port and an empty folder; yield a client of it.

    With `amqp` every part is a process of its own. `program` is the Ritmo to run, in the folder
    `start_in`; `given` are settings, such as `data`. Raises `CannotRun` with what Ritmo said if it
    does not start, or does not stop cleanly.
    """
    with tempfile.TemporaryDirectory(prefix="ritmo-demo-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        words = [*program, "up", "--port", str(port)]
        words += [] if amqp is None else ["--amqp", amqp]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                words,
                env=settings(**{"login_per_minute": "100", "data": f"{name}/data", **given}),
                cwd=start_in,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        base = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
                wait_until_ready(client, process, folder / "output")
                yield client
        finally:
            code = stop(process)
        if code != 0:
            raise CannotRun(f"Ritmo ended with {code}:\n{said(folder / 'output')}")


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait until every part is alive, the clock included."""
    until = time.monotonic() + START
    while process.poll() is None and time.monotonic() < until:
        try:
            answer = client.get("/readyz")
            if answer.status_code == 200 and answer.json()["status"] == "ready":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise CannotRun(f"Ritmo does not start:\n{said(output)}")


def stop(process: subprocess.Popen[bytes]) -> int:
    """Stop Ritmo as Ctrl-C does, and return its exit code.

    Nothing may cut this short; a Ctrl-C meanwhile is obeyed once Ritmo has stopped.
    """
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, lambda number, _: asked.append(number)) for one in numbers}
    try:
        process.send_signal(signal.SIGINT)
        code = process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt
    return code


def said(output: Path) -> str:
    """Return the end of what Ritmo said."""
    return output.read_text(errors="replace")[-2000:]
