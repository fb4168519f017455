"""Services for all tests: each is there once, and only for who asks."""

from collections.abc import Iterator

import pytest

from storage import embedded
from tests import backends


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Embedded]:
    """Run the PostgreSQL that Ritmo brings along, on a folder of its own."""
    server = embedded.start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_url(postgres: embedded.Embedded) -> str:
    """Give the address of an empty database, for SQLAlchemy."""
    return postgres.url


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    """Give the address of a RabbitMQ that may be shared: neither killed nor emptied."""
    with backends.any_rabbitmq() as url:
        yield url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """Give the address of a Redis that may be shared: neither killed nor emptied."""
    with backends.any_redis() as url:
        yield url
