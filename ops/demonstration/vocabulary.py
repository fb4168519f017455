"""What the demo person calls things in their language."""

from ops.demonstration.person import Language, Words

RUSSIAN = {
    "km": "км",
    "pages": "страниц",
    "glasses": "стаканов",
    "after dinner": "после ужина",
    "In bed by eleven?": "Легли до одиннадцати?",
    "health": "здоровье",
    "mind": "ум",
    "people": "люди",
    "music": "музыка",
    "Write a line": "Написать пару строк",
}
"""What a person who speaks Russian calls it."""


def said(words: Words, language: Language) -> Words:
    """Say the texts of some words in a language."""
    if language == "en":
        return words
    texts = {"unit", "cue", "question", "text"}
    return words | {
        name: [RUSSIAN[tag] for tag in value] if name == "tags" else RUSSIAN[value]
        for name, value in words.items()
        if name in texts or name == "tags"
    }
