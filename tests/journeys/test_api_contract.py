"""schemathesis over the OpenAPI document of a real Ritmo: it does what it says, and never breaks.

`RITMO_FUZZ=200` asks for so many examples of each operation, and for every edge of every schema,
which takes ten minutes and more.
"""

import os
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from tests.journeys.running import PASSWORD, Up, register, ritmo
from tests.show.running import settings

LONG = "RITMO_FUZZ" in os.environ
EXAMPLES = os.environ.get("RITMO_FUZZ", "2")
PHASES = "examples,fuzzing,stateful" + (",coverage" if LONG else "")
OF_ADMINS = ("--include-path-regex", "^/v1/users", "--phases", "examples,fuzzing")
"""What administrators try for themselves: all else they do as everybody does."""

CONFIG = Path(__file__).parent / "schemathesis.toml"
ENDING = ("delete_me", "logout", "end_all_sessions", "change_password")
"""Operations that end the session of who asks: they come last, with a session of their own."""


def fuzz(running: Up, token: str, folder: Path, *words: str) -> None:
    """Run schemathesis with all checks; fail with its report."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
        f"{running.client.base_url}/openapi.json",
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
        *("--max-examples", EXAMPLES, "--seed", "1", "--no-color", "--warnings", "off"),
        *("--request-timeout", "20", "--continue-on-failure"),
        *("--exclude-operation-id", "watch"),  # a stream does not end
        *words,
    ]
    root = str(Path(__file__).parent.parent.parent)
    claims = jwt.decode(token, options={"verify_signature": False})
    environment = {
        "SCHEMATHESIS_HOOKS": "tests.journeys.fuzzing",
        "PYTHONPATH": root,
        "FUZZING_SPARES": f"{claims['sub']} {claims['sid']}",
    }
    done = subprocess.run(
        command,
        env=settings() | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    report = "\n".join(line[:500] for line in done.stdout.splitlines())
    assert done.returncode == 0, report[-20000:] + done.stderr[-2000:]
    assert '"event": "broken"' not in running.said


def token_of(running: Up, email: str) -> str:
    words = {"email": email, "password": PASSWORD}
    answer = running.client.post("/v1/auth/login", json=words).json()
    return str(answer["access_token"])


@pytest.mark.timeout(7200 if LONG else 900)
@pytest.mark.parametrize("role", ["admin", "plain"])
def test_every_operation_keeps_its_word(own: Up, role: str, tmp_path: Path) -> None:
    email = f"{role}@example.org"
    register(own.client, email)
    if role == "admin":
        data = own.output.parent / "data"
        assert ritmo("user", "make-admin", email, data=data).returncode == 0
    without = [word for name in ENDING for word in ("--exclude-operation-id", name)]
    token = token_of(own, email)
    only = () if LONG or role != "admin" else OF_ADMINS
    fuzz(own, token, tmp_path, *without, *(only or ("--phases", PHASES)))
    bearer = {"Authorization": f"Bearer {token}"}
    me = own.client.get("/v1/me", headers=bearer)
    assert me.status_code == 200, "the session ended on the way, so that little was tried"
    assert me.json()["role"] == ("admin" if role == "admin" else "user")


@pytest.mark.timeout(300)
def test_operations_that_end_a_session(own: Up, tmp_path: Path) -> None:
    register(own.client, "last@example.org")
    only = [word for name in ENDING for word in ("--include-operation-id", name)]
    token = token_of(own, "last@example.org")
    fuzz(own, token, tmp_path, "--phases", "examples,coverage,fuzzing", *only)
