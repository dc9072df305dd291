"""The index: what tools wrote on this machine, as digests and locators in one database, never text.

It outlives the tools' transcripts. `Database` is the open file, `keep` puts readings into it, `DiskStore` answers from it.
This room knows no tool and reads no transcript: `evidence.sessions` does, and hands over plain values.
"""

from whence.index.changes import state, wrote
from whence.index.database import Damaged, Database, Unwritable
from whence.index.faults import Fault, faulty
from whence.index.filters import Filter, purges
from whence.index.imports import drop as forget_import
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
    "keep",
    "known",
    "known_digests",
    "marks",
    "matching",
    "miss",
    "pardon",
    "purge",
    "purges",
    "read_again",
    "rename",
    "state",
    "wrote",
]
