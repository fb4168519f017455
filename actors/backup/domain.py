"""What the backup room decides, without I/O."""

from contracts.schedule import EveryNDays, Schedule, Times, Weekdays


def frequency_of(schedule: Schedule) -> tuple[int, int]:
    """Return how many times in how many days, as near as Loop can say it."""
    if isinstance(schedule, Times):
        return schedule.frequency
    if isinstance(schedule, Weekdays):
        return len(schedule.days), 7
    return (1, schedule.n) if isinstance(schedule, EveryNDays) else (1, 1)
