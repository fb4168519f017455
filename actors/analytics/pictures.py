"""Which pictures a report has; known without what draws them."""

from contracts.message import Invalid, Wrong
from contracts.pictures import AnyReport, Picture

PICTURES: dict[str, tuple[Picture, ...]] = {
    "summary": ("overview",),
    "habit": ("overview", "score", "trend", "heat_map", "weekdays", "hours", "streaks"),
    "associations": ("overview",),
    "moods": ("overview", "weekdays", "months", "tags", "days"),
}
"""By the name of the report."""


def check_picture(of: AnyReport, picture: Picture) -> None:
    """Refuse a picture that a report has not."""
    known = PICTURES[of.report]
    if picture not in known:
        raise Invalid(
            "no_such_picture",
            "This report has no picture “{picture}”; it has: {pictures}.",
            fields=(Wrong(pointer="/picture", detail="this report has no such picture"),),
            picture=picture,
            pictures=", ".join(known),
        )
