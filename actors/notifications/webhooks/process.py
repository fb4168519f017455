"""The helper process: loads Apprise once, and forks a child for each request.

    python -m actors.notifications.webhooks.process FD

Over the socket `FD` come sockets, one for each request. A child reads its request from there
(JSON, until the end), and answers (JSON). It is killed when its seconds are over: a slow or endless
server takes nothing but that time. When the socket `FD` is closed, the helper ends.

    {"do": "check", "url": …, "allow_private": …, "seconds": …}
        -> {"code": "" or why not, "name": the parameter in question}
    {"do": "send", "url": …, "title": …, "body": …, "allow_private": …, "seconds": …}
        -> {"kind": of an Outcome, "detail": …, "wait": seconds or null}
"""

import json
import logging
import mimetypes
import os
import resource
import signal
import socket
import sys
from typing import TypedDict

from actors.notifications.webhooks.plugins import Unusable, hosts_of, load, plugin_of
from actors.notifications.webhooks.traffic import Traffic
from actors.runtime.sandbox import Sandbox

MEMORY = 384 * 1024 * 1024
"""Bytes of data that a child may hold: an answer without an end ends there."""


class Request(TypedDict):
    """What a child is asked to do."""

    do: str
    url: str
    title: str
    body: str
    allow_private: bool
    seconds: float


class ChildAnswer(TypedDict, total=False):
    """What a child says."""

    code: str
    name: str
    kind: str
    detail: str
    wait: float | None


def main() -> None:
    """Serve until nobody is there to ask."""
    control = socket.socket(fileno=int(sys.argv[1]))
    load()
    import requests  # noqa: F401 - loaded once, for all children

    mimetypes.init()
    logging.disable(logging.CRITICAL)  # what Apprise logs may hold addresses of people
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        _, received, _, _ = socket.recv_fds(control, 1, 1)
        if not received:
            return
        with socket.socket(fileno=received[0]) as asker:
            if os.fork() == 0:
                control.close()
                _serve(asker)


def _serve(asker: socket.socket) -> None:
    """Answer one request, and end."""
    answer: ChildAnswer = {"kind": "later", "detail": "apprise_failed", "code": "apprise_unknown"}
    try:
        request = _read(asker)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        answer = _checked(request) if request["do"] == "check" else _sent(request)
    finally:
        asker.sendall(json.dumps(answer).encode())
        os._exit(0)


def _read(asker: socket.socket) -> Request:
    parts = []
    while part := asker.recv(65536):
        parts.append(part)
    request: Request = json.loads(b"".join(parts))
    return request


def _checked(request: Request) -> ChildAnswer:
    """Look at an address, and look its host up."""
    guard = Sandbox(allow_private=request["allow_private"])
    guard.install()
    try:
        plugin = plugin_of(request["url"])
        missing = False
        for host in hosts_of(plugin, request["url"]):
            try:
                found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                missing = True
                continue
            if not all(guard.admits(place[0]) for *_, place in found):
                raise Unusable("apprise_private")
        # With private addresses allowed, a host that is off for now is no reason to refuse.
        if missing and not request["allow_private"]:
            raise Unusable("apprise_unknown_host")
    except Unusable as no:
        return {"code": no.code, "name": no.name}
    return {"code": "", "name": ""}


def _sent(request: Request) -> ChildAnswer:
    """Send a notice; say how that went."""
    guard = Sandbox(allow_private=request["allow_private"])
    guard.install()
    traffic = Traffic()
    traffic.watch()
    try:
        plugin = plugin_of(request["url"])
    except Unusable as no:
        return {"kind": "refused", "detail": no.code, "wait": None}
    worked = bool(plugin.notify(body=request["body"], title=request["title"]))
    kind, detail, wait = traffic.outcome(
        worked=worked,
        targets=len(plugin),
        connected=guard.connected > 0,
        refused_address=guard.refused_address,
    )
    return {"kind": kind, "detail": detail, "wait": wait}


if __name__ == "__main__":
    main()
