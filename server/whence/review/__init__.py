"""The ledger: who answered for which exact lines, and which of them are still there."""

from __future__ import annotations

from whence.review.ledger import Ledger
from whence.review.recording import record
from whence.review.store import FOLDER
from whence.review.values import Covered, Draft, Result, Review, Staleness

__all__ = ["FOLDER", "Covered", "Draft", "Ledger", "Result", "Review", "Staleness", "record"]
