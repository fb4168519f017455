"""What the parts of Ritmo load, loaded once: the process that they are forked from imports this."""

import gc

from actors.runtime import clock
from ops import cli, door, parts
from ops.platform import rooms

LOADED = (cli, clock, door, parts, rooms())

gc.freeze()  # a collector that looked through it would have every part copy it
