"""The quick start of the API works as it stands: every block of commands, in a shell."""

import os
import re
import subprocess
from pathlib import Path

from tests.journeys.running import Up

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_every_command_of_the_quick_start_works(embedded: Up, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    script = tmp_path / "start.sh"
    script.write_text("set -euo pipefail\n" + "".join(f"{block}\necho\n" for block in blocks))
    here = {
        "RITMO": f"http://127.0.0.1:{embedded.port}",
        "MAIL": "quick-start@example.org",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        ["bash", str(script)], env=here, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert len(blocks) >= 8
    for words in ('"email":"quick-start@example.org"', '"value":25', '"name":"Read a book"'):
        assert words in said, said
    assert '"value":30' not in said, "an increment with the same key counted twice"
    assert '"code":"unauthenticated"' in said
    assert "event: ready" in said
