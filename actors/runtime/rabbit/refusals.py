"""What an asker is told when no answer comes over RabbitMQ."""

from contracts.message import Unanswered, Unavailable


def unanswered() -> Unanswered:
    """Say that nothing has come in time."""
    return Unanswered(
        "unanswered",
        "There was no answer in time; whether it was done is not known.",
        retry_after=2,
    )


def line_lost() -> Unanswered:
    """Say that the line broke meanwhile."""
    return Unanswered(
        "line_lost",
        "The message broker went away; whether it was done is not known.",
        retry_after=2,
    )


def room_lost() -> Unanswered:
    """Say that the room went away meanwhile."""
    return Unanswered(
        "room_lost",
        "This part of Ritmo went away meanwhile; whether it was done is not known.",
        retry_after=2,
    )


def broker_away() -> Unavailable:
    """Say that the broker is away; nothing was sent."""
    return Unavailable("broker_away", "The message broker is away; try again.", retry_after=2)
