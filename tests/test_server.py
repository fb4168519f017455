"""What a server asks of the machine."""

import resource
import subprocess
import sys

LOWERED = """
import resource
from ops.server import allow_files
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1800))
print(allow_files(1000), allow_files(500), allow_files(2000))
"""


def test_as_many_files_may_be_open_as_streams_and_connections_need() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard == resource.RLIM_INFINITY or hard >= 1800
    # In a process of its own: whoever lowers what they may have does not get it back.
    done = subprocess.run(
        [sys.executable, "-c", LOWERED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1000", "1000", "1800"]
