"""Requests that no client of ours sends: never a bare failure, never a 500."""

from tests.journeys.running import Up
from tests.security.attempts import Attempts

PATHS = (
    "/%00",
    "/v1/habits/%00",
    "/v1/habits/..%2f..%2fetc%2fpasswd",
    "/l/%ff%fe",
    "/u/" + "a" * 4000,
    "/v1/today?day=%00",
    "/v1/today?day=%ff",
    "/%F0%9F%92%A9",
)


def test_odd_paths_are_no_failures(ritmo: Up) -> None:
    with Attempts("odd paths") as attempts:
        for path in PATHS:
            for method in ("GET", "POST", "HEAD", "OPTIONS", "TRACE", "QUERY"):
                answer = ritmo.client.request(method, path)
                attempts.note(f"{method} {path}", 400 <= answer.status_code < 500)
