"""A data folder of one's own: whoever breaks a Ritmo starts it."""

from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Name a data folder that is not there yet."""
    return tmp_path / "data"
