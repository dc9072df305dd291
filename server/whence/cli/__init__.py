"""The command line.

Hardly any of what a command loads and makes is ever garbage, and looking for some is a tenth of its start: so here,
before anything else is loaded, it is said that this is done seldom. The language server goes back to what is usual.
"""

import gc

USUAL = gc.get_threshold()
"""Objects that are made before some are looked at, as Python has it."""

gc.set_threshold(50_000)
