"""The index: what tools wrote on this machine, as digests and locators in one database, never text.

It outlives the tools' transcripts. `Database` is the open file, `keep` puts readings into it, `DiskStore` answers from it.
This room knows no tool and reads no transcript: `evidence.sessions` does, and hands over plain values.
"""

from whence.errors import Damaged
from whence.index.changes import state, wrote
from whence.index.database import Database, Unwritable, set_aside, set_aside_times
from whence.index.faults import Fault, faulty
from whence.index.filters import Filter, purges
from whence.index.imports import drop as forget_import
from whence.index.losses import Loss, losses
from whence.index.losses import forget as forget_losses
from whence.index.mending import is_damage, mend, telling
from whence.index.purging import Purged, matching, pardon, purge, read_again
from whence.index.store import DiskStore, Origin
from whence.index.transcripts import again, known, miss, rename
from whence.index.values import (
    Identity,
    Inserted,
    Known,
    Look,
    Position,
    Reading,
    Shown,
    Wrote,
)
from whence.index.writing import keep, known_digests, marks

__all__ = [
    "Damaged",
    "Database",
    "DiskStore",
    "Fault",
    "Filter",
    "Identity",
    "Inserted",
    "Known",
    "Look",
    "Loss",
    "Origin",
    "Position",
    "Purged",
    "Reading",
    "Shown",
    "Unwritable",
    "Wrote",
    "again",
    "faulty",
    "forget_import",
    "forget_losses",
    "is_damage",
    "keep",
    "known",
    "known_digests",
    "losses",
    "marks",
    "matching",
    "mend",
    "miss",
    "pardon",
    "purge",
    "purges",
    "read_again",
    "rename",
    "set_aside",
    "set_aside_times",
    "state",
    "telling",
    "wrote",
]
