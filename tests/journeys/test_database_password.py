"""A database that asks for a password, as that of compose.yaml does."""

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from storage import embedded
from storage.session import open_engine, transaction
from tests.journeys.running import ritmo


async def demand_password(url: str) -> None:
    """Let the database ask everybody for a password from now on."""
    engine = open_engine(url, 1)
    async with transaction(engine) as tx:
        user = (await tx.execute(text("SELECT current_user"))).scalar_one()
        await tx.execute(text(f"ALTER ROLE \"{user}\" PASSWORD 'right'"))
        hba = (await tx.execute(text("SHOW hba_file"))).scalar_one()
        Path(hba).write_text("local all all scram-sha-256\nhost all all all scram-sha-256\n")
        await tx.execute(text("SELECT pg_reload_conf()"))
    await engine.dispose()


@pytest.mark.parametrize("command", ["migrate", "doctor"])
async def test_a_wrong_password_is_said_with_its_cure(tmp_path: Path, command: str) -> None:
    server = embedded.start(tmp_path / "postgres")
    try:
        await demand_password(server.url)
        wrong = make_url(server.url).set(password="wr0ng-one")
        url = wrong.render_as_string(hide_password=False)
        done = ritmo(command, "--database", url, data=tmp_path / "data")
    finally:
        server.stop()
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "wr0ng-one" not in said
    assert "password" in said
    if command == "migrate":
        assert "docs/operate.md" in said
