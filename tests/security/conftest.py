"""One running Ritmo, embedded, that every attack is tried on."""

from collections.abc import Iterator

import pytest

from tests.journeys.running import Up, up


@pytest.fixture(scope="session")
def ritmo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo as people start it; rates are high, so that attacks meet what lies behind them."""
    with up(tmp_path_factory.mktemp("security") / "data") as running:
        yield running
