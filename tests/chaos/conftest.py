"""A data folder, or a database, of one's own: whoever breaks a Ritmo starts it."""

from pathlib import Path

import pytest

from storage import embedded
from tests import databases


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    """Make a data folder whose database is made and migrated already."""
    return databases.prepared(cluster, tmp_path / "data")


@pytest.fixture
def database(postgres: embedded.Embedded, tmp_path: Path) -> str:
    """Give the address of a migrated database."""
    return databases.create(postgres.url, f"chaos {tmp_path.name}")
