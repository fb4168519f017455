"""One running Ritmo, embedded, that every attack is tried on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import prepared
from tests.journeys.running import Up, up


@pytest.fixture(scope="session")
def ritmo(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo as people start it; rates are high, so that attacks meet what lies behind them."""
    data = prepared(cluster, tmp_path_factory.mktemp("security") / "data")
    # Sealed as these tests seal: whoever forges is given even the keys.
    with up(data, seal_keys=os.environ["RITMO_SEAL_KEYS"]) as running:
        yield running
