"""Lists as settings have them: words with commas between, or JSON."""

import json
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def words(given: object) -> object:
    """Take a list that is written with commas, or as JSON."""
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("["):
        try:
            return json.loads(given)
        except ValueError:
            raise ValueError("write its words with commas between them") from None
    return tuple(word.strip() for word in given.split(",") if word.strip())


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]
"""Words with commas between them, or a list in JSON."""
