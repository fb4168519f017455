"""One running Ritmo, embedded, that every attack is tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import prepared
from tests.journeys.running import Up, up


@pytest.fixture(scope="session")
def ritmo(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo as people start it; rates are high, so that attacks meet what lies behind them."""
    with up(prepared(cluster, tmp_path_factory.mktemp("security") / "data")) as running:
        yield running
