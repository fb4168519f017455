"""Which version of Ritmo this is: written in `pyproject.toml`, and nowhere else."""

import tomllib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"


@lru_cache(maxsize=1)
def version() -> str:
    """Return the version: of the checkout or the image this runs from, else of what is installed.

    Raises `importlib.metadata.PackageNotFoundError` where there is neither.
    """
    if PYPROJECT.is_file():
        project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
        if project["name"] == "ritmo":
            return str(project["version"])
    return metadata.version("ritmo")
