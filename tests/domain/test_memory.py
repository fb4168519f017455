"""The collector passes over what was loaded, also after libraries were loaded on first use."""

import subprocess
import sys

CODE = """
import gc
import sys
import types

from actors.runtime.memory import NEWLY_LOADED, keep_loaded

keep_loaded()
before = gc.get_freeze_count()
for n in range(NEWLY_LOADED):
    sys.modules[f"few{n}"] = types.ModuleType(f"few{n}")
gc.collect()
print(gc.get_freeze_count() <= before)
for n in range(NEWLY_LOADED):
    sys.modules[f"many{n}"] = types.ModuleType(f"many{n}")
gc.collect(1)
print(gc.get_freeze_count() <= before)
gc.collect()
print(gc.get_freeze_count() > before + NEWLY_LOADED)
after = gc.get_freeze_count()
gc.collect()
print(gc.get_freeze_count() <= after)
"""


def test_libraries_that_are_loaded_later_are_passed_over() -> None:
    said = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True"] * 4
