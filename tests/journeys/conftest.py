"""A RabbitMQ, and a Ritmo that only looks; who stops or breaks one starts their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import Up, up


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo embedded for all tests of a file."""
    with up(tmp_path_factory.mktemp("embedded") / "data") as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Name a data folder that is not there yet."""
    return tmp_path / "data"
