"""A Ritmo that only looks; who stops, breaks or fills one starts their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import prepared
from tests.journeys.running import Up, client_of, up


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Name a data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def shared(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo embedded for all files of a worker; its database is made and migrated already."""
    with up(prepared(cluster, tmp_path_factory.mktemp("shared") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def embedded(shared: Up) -> Iterator[Up]:
    """Give the Ritmo that is shared, with a client that no other file has changed.

    Others keep accounts there, too: names and addresses of people are a file's own.
    """
    kept = shared.client
    with client_of(shared.port) as shared.client:
        yield shared
    shared.client = kept


@pytest.fixture(scope="module")
def own(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo embedded for the tests of a file that need all of it for themselves."""
    with up(prepared(cluster, tmp_path_factory.mktemp("own") / "data")) as running:
        yield running
