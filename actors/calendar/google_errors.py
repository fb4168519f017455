"""What it means that a call to Google failed, and when to try again. Pure."""

import random
from typing import Any, Literal

Failure = Literal[
    "revoked", "forbidden", "missing", "resync", "taken", "changed", "slow", "away", "client",
    "unfit",
]  # fmt: skip
"""What a failed call means: consent withdrawn; not allowed; not there; sync from the beginning; the
id is taken; changed meanwhile; too much; not reached; Ritmo itself is refused; not understood."""

RATES = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}
)
"""Reasons of a 403 that pass by themselves."""


class GoogleFailed(Exception):
    """A call failed. `retry_after`: seconds that Google asks to be left alone; 0: it does not."""

    def __init__(self, failure: Failure, reason: str = "", retry_after: int = 0) -> None:
        super().__init__(f"{failure} {reason}".strip())
        self.failure, self.reason, self.retry_after = failure, reason, retry_after


def http_judged(error: Any) -> GoogleFailed:
    """Say what an answer means that is none of success."""
    details = error.error_details
    listed = details if isinstance(details, list) else []
    reasons = (str(one["reason"]) for one in listed if isinstance(one, dict) and "reason" in one)
    return judged(int(error.status_code), next(reasons, ""), str(error.resp.get("retry-after", "")))


def judged(status: int, reason: str, wait: str) -> GoogleFailed:
    """Say what a status means, with the reason beside it and the seconds of Retry-After."""
    retry_after = int(wait) if wait.isdigit() and len(wait) < 6 else 0
    if status == 429 or (status == 403 and reason in RATES):
        return GoogleFailed("slow", reason, retry_after)
    kinds: dict[int, Failure] = {
        401: "revoked",
        403: "forbidden",
        404: "missing",
        409: "taken",
        410: "resync",
        412: "changed",
    }
    if status in kinds:
        return GoogleFailed(kinds[status], reason)
    return GoogleFailed("away" if status >= 500 or status == 408 else "unfit", reason, retry_after)


def refresh_judged(error: Any) -> GoogleFailed:
    """Say what it means that no access token was given."""
    said = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    reason = str(said.get("error", ""))
    if reason == "invalid_grant":
        return GoogleFailed("revoked", reason)
    if reason in ("invalid_client", "unauthorized_client", "deleted_client"):
        return GoogleFailed("client", reason)
    return GoogleFailed("away", reason)


def pause_after(attempts: int, retry_after: int = 0) -> float:
    """Return seconds to wait after so many failures in a row: twice as long each time, spread."""
    spread = random.uniform(0.75, 1.25)  # noqa: S311 - so that not all come back at once
    return max(float(retry_after), min(3600.0, 5.0 * 2.0 ** min(attempts, 10)) * spread)
