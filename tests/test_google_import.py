"""Nothing of Google is loaded before somebody links a calendar."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

ROOMS = """
import sys
import gateway.app
from ops.platform import rooms
rooms()
print(sorted(name for name in sys.modules if name.partition(".")[0] in
             ("google", "googleapiclient", "google_auth_httplib2", "httplib2", "oauthlib")))
"""


def test_google_is_not_loaded_with_the_rooms() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]", ran.stderr
