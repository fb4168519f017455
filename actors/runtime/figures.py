"""Figures of rooms, for Prometheus: what they answer, what they take in, and how late that is."""

from datetime import UTC, datetime

from prometheus_client import Counter, Histogram

from contracts.message import Durable

ASKED = Counter(
    "ritmo_asks_total",
    "Asks that a room has answered (`ok`) or refused, by the kind of refusal.",
    ("address", "outcome"),
)
ANSWERED = Histogram(
    "ritmo_ask_seconds",
    "Seconds for which a room had an ask in hand.",
    ("address",),
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 6),
)
TAKEN_IN = Counter(
    "ritmo_taken_in_total",
    "Facts and jobs that a room has taken in (`ok`) or parked.",
    ("room", "address", "outcome"),
)
LAG = Histogram(
    "ritmo_lag_seconds",
    "Seconds from what happened until a room has taken it in.",
    ("room",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600),
)
DELIVERIES = Counter(
    "ritmo_deliveries_total",
    "Tries of mails and notices, by what became of the delivery.",
    ("channel", "outcome"),
)
TELEGRAM_CALLS = Counter(
    "ritmo_telegram_calls_total", "Calls of the Bot API that ended.", ("method", "outcome")
)
TELEGRAM_UPDATES = Counter("ritmo_telegram_updates_total", "Updates that Telegram has brought.")
SYNCS = Counter(
    "ritmo_calendar_syncs_total",
    "Syncs with Google Calendar, by what became of them.",
    ("outcome",),
)


def answered(address: str, outcome: str, seconds: float) -> None:
    """Count an ask that was answered or refused."""
    ASKED.labels(address, outcome).inc()
    ANSWERED.labels(address).observe(seconds)


def taken_in(room: str, message: Durable, outcome: str = "ok") -> None:
    """Count a fact or a job that a room has taken in, or parked."""
    TAKEN_IN.labels(room, message.address, outcome).inc()
    if outcome == "ok":
        LAG.labels(room).observe(
            max(0.0, (datetime.now(UTC) - message.occurred_at).total_seconds())
        )
