"""A Ritmo whose parts are processes of their own, for all files of this folder."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import backends
from tests.databases import prepared
from tests.journeys.running import Up, client_of, gone, until, up


@pytest.fixture(scope="package")
def node() -> Iterator[backends.Private]:
    """Run a RabbitMQ; whoever wants it for another Ritmo takes a host on it."""
    with backends.rabbitmq() as running:
        yield running


@pytest.fixture(scope="package")
def apart(
    cluster: Path, node: backends.Private, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Up]:
    """Run every part in a process of its own, over a RabbitMQ."""
    data = prepared(cluster, tmp_path_factory.mktemp("apart") / "data")
    with up(data, "--amqp", node.url) as running:
        yield running
        family = running.family()
        assert running.stop() == 0
        until(lambda: gone(family), "all have ended")
        assert "everything is saved" in running.said


@pytest.fixture
def guest(apart: Up) -> Iterator[httpx.Client]:
    """Give a client of the parts that nobody has used before."""
    with client_of(apart.port) as client:
        yield client


@pytest.fixture(scope="module", params=["embedded", "apart"])
def running(request: pytest.FixtureRequest) -> Iterator[Up]:
    """Run Ritmo in one process, and every part in its own; with a client of this file's own."""
    found: Up = request.getfixturevalue(request.param)
    kept = found.client
    with client_of(found.port) as found.client:
        yield found
    found.client = kept
