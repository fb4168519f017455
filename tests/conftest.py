"""A PostgreSQL for whoever asks; each worker has one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import embedded
from tests import databases


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a migrated cluster that is not running, to be copied."""
    base = tmp_path_factory.getbasetemp()
    # A worker's folder is in the one of the run.
    return databases.migrated(base.parent if hasattr(request.config, "workerinput") else base)


@pytest.fixture(scope="session")
def postgres(
    cluster: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[embedded.Embedded]:
    """Run a PostgreSQL whose database is the template of others; nobody writes to it."""
    with databases.server(cluster, tmp_path_factory.mktemp("server") / "postgres") as running:
        yield running


SLOWEST_FIRST = ("chaos", "journeys", "security", "wire", "test_wheel.py", "rooms", "gateway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it in the end."""
    tests = Path(__file__).parent
    order = {name: place for place, name in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(tests).parts[0], len(order)))
    for item in items:
        # A file stays together; files that share what is costly to start name one group.
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(tests))))
