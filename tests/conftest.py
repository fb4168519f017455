"""A PostgreSQL for whoever asks; each worker has one of its own."""

import base64
import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from actors.runtime.seal import Seal
from actors.runtime.settings import Settings
from storage import embedded, sealed
from tests import databases
from tests.examples import examples

os.environ["RITMO_SEAL_KEYS"] = base64.urlsafe_b64encode(b"tests" + bytes(27)).decode()
"""Who runs rooms in the process of the tests leaves no file of keys behind."""

sealed.use(Seal(Settings()))

structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)
"""Left to itself it would paint a traceback with all that there is in it, for a second each."""


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


hypothesis.settings.register_profile(
    "suite",
    max_examples=examples(50),
    deadline=None,  # others may have the processor
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")

TESTS = Path(__file__).parent
SLOWEST_FIRST = (
    *("journeys/apart/test_new_room.py", "journeys/apart"),  # before the parts are there, idle
    *("wire", "journeys/test_api_contract.py"),
    *("chaos/test_ledger.py", "chaos/test_parts.py", "journeys/test_demo.py", "journeys", "chaos"),
    *("security", "test_wheel.py", "rooms", "gateway", "test_embedded.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it in the end."""
    order = {name: place for place, name in enumerate(SLOWEST_FIRST)}

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(TESTS)
        return min(order.get(str(one), len(order)) for one in (path, *path.parents))

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the collector of garbage all that the modules make: it stays until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)  # a test leaves little behind
        gc.enable()


class Together(LoadFileScheduling):  # type: ignore[misc] # it has no types
    """Gives a worker all tests of a file, or of a package: they share what is costly to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = self.config.rootpath / nodeid.partition("::")[0]
        package = file.parent != TESTS and (file.parent / "__init__.py").exists()
        return str(file.parent if package else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have half as many workers again as processors: one that waits leaves its own to others."""
    count = os.cpu_count() or 1
    return count + count // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Have xdist share out files. Its own groups come to nothing with pytest 9."""
    return Together(config, log)
