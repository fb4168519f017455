"""`ops/wheel [FOLDER]`: builds the wheel, installs it where no checkout is, and starts it once.

Nothing is downloaded: what Ritmo needs is borrowed from the environment in which this runs.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

import httpx

from ops.faults import CannotRun
from tests.show.running import ritmo, settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("contracts", "storage", "actors", "gateway", "ops")
"""What is shipped."""

NEEDED = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE")
"""What a build reads."""


def build(folder: Path) -> Path:
    """Build the wheel into `folder`, and return it.

    It is built from a copy: a folder `build/` that lies about in the checkout would be packed, too.
    """
    forget = shutil.ignore_patterns("__pycache__")
    with tempfile.TemporaryDirectory(prefix="ritmo-wheel-") as name:
        for each in NEEDED:
            if (ROOT / each).is_dir():
                shutil.copytree(ROOT / each, Path(name, each), ignore=forget)
            else:
                shutil.copy(ROOT / each, name)
        words = ("--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir")
        pip("wheel", *words, str(folder.resolve()), name)
    (wheel,) = folder.glob("ritmo-*.whl")
    return wheel


def held(wheel: Path) -> set[str]:
    """Name the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a fresh environment in `folder`; return its `ritmo`.

    Packages are borrowed from here; the checkout that is on our path is not on its.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (borrowed,) = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    # Before anything is installed into it: whatever is there of Ritmo comes first.
    Path(own, "borrowed.pth").write_text(f"{borrowed}\n")
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    return folder / "bin" / "ritmo"


def pip(*words: str) -> None:
    """Run pip. Raises `CannotRun` with what it said."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    done = subprocess.run(
        [sys.executable, "-m", "pip", *quiet, *words],
        env=settings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotRun(f"pip {words[0]}: {done.stdout}")


def start_once(program: Path, nowhere: Path) -> str:
    """Start an installed Ritmo in the empty folder `nowhere`; return its own version number."""
    with ritmo(program=[str(program)], start_in=nowhere) as client:
        asked = {"Accept": "text/html", "Accept-Language": "ru"}
        page = client.get("/", headers=asked, follow_redirects=True).raise_for_status().text
        for file in re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|svg|png)[^"]*)"', page):
            client.get(file).raise_for_status()
        document = client.get("/openapi.json").raise_for_status().json()
    require(re.search("[а-я]", page) is not None, "it knows no Russian")
    require(not [*nowhere.iterdir()], "it leaves something where it was started")
    return str(document["info"]["version"])


def require(holds: bool, otherwise: str) -> None:
    """Raise `CannotRun` unless it holds."""
    if not holds:
        raise CannotRun(f"The installed Ritmo is not whole: {otherwise}.")


def main(words: list[str]) -> int:
    """Build, install, start and stop; `words` may name a folder for the wheel."""
    with tempfile.TemporaryDirectory(prefix="ritmo-installed-") as name:
        kept = Path(words[0] if words else name)
        nowhere = Path(name, "empty")
        nowhere.mkdir()
        try:
            wheel = build(kept)
            version = start_once(install(wheel, Path(name, "environment")), nowhere)
            require(f"-{version}-" in wheel.name, f"it says that it is {version}")
        except (CannotRun, httpx.HTTPError) as error:
            print(f"ritmo: {error}", file=sys.stderr)
            return 1
        size = wheel.stat().st_size / 1e6
        print(f"{wheel.name} ({size:.1f} MB, {len(held(wheel))} files) starts as {version}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
