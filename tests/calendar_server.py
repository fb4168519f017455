"""A web server of somebody else's, with calendars on it: as tests want them to be."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class CalendarServer:
    """What is at which path: a status and a body, or where it leads on to."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.leads: dict[str, str] = {}
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []


@contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    """Serve on a free port of this machine."""
    state = CalendarServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if self.path in state.leads:
                self.send_response(302)
                self.send_header("Location", state.leads[self.path])
                self.end_headers()
                return
            body = state.files.get(self.path)
            status = state.statuses.get(self.path, 200 if body is not None else 404)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
