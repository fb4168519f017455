"""`ritmo backup` as people use it: made beside the data, brought back into it, and into nothing."""

from pathlib import Path

import pytest

from tests.databases import prepared
from tests.journeys.running import PASSWORD, ritmo


@pytest.fixture(scope="module")
def data(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have a Ritmo with a person in it."""
    folder = prepared(cluster, tmp_path_factory.mktemp("backups") / "ritmo")
    words = ("user", "add", "ann@example.org", "--password", PASSWORD)
    assert ritmo(*words, data=folder).returncode == 0
    return folder


def test_a_backup_is_made_and_brought_back(data: Path, tmp_path: Path) -> None:
    key = str(data.parent / "keys" / "backup.key")
    made = ritmo("backup", "create", data=data, backup_identity=key)
    assert made.returncode == 0, made.stderr
    assert f"Made the key that opens backups: {key}." in made.stdout
    shown = ritmo("backup", "list", data=data, backup_identity=key)
    assert "verified" in shown.stdout
    name = next(word for word in shown.stdout.split() if word.startswith("ritmo-"))
    bob = ("user", "add", "bob@example.org", "--password", PASSWORD)
    assert ritmo(*bob, data=data).returncode == 0
    refused = ritmo("backup", "restore", data=data, typed="no\n", backup_identity=key)
    assert refused.returncode == 1
    assert "That is not its name: nothing was changed." in refused.stderr
    assert "bob@example.org" in ritmo("user", "list", data=data).stdout
    back = ritmo("backup", "restore", data=data, typed=f"{name}\n", backup_identity=key)
    assert back.returncode == 0, back.stderr
    assert f"Restored {name}" in back.stdout
    people = ritmo("user", "list", data=data).stdout
    assert "ann@example.org" in people
    assert "bob@example.org" not in people
    # Into a machine that has nothing but the folder of backups and the key.
    new, targets = tmp_path / "new", str(data / "backups")
    back = ritmo("backup", "restore", data=new, backup_targets=targets, backup_identity=key)
    assert back.returncode == 0, back.stderr
    (new / "seal.keys").write_bytes((data / "seal.keys").read_bytes())
    assert "ann@example.org" in ritmo("user", "list", data=new).stdout
    lost = ritmo("backup", "restore", "--identity", str(tmp_path / "no"), data=data)
    assert lost.returncode == 1
    assert "The key that opens backups is not here" in lost.stderr
