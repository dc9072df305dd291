"""How far back it matters when lines were committed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from whence.evidence.interface import Prepared
from whence.evidence.marks import AGENTS_BEGIN
from whence.model import Document


def dates_from(prepared: Sequence[Prepared], document: Document) -> float:
    """The moment (Unix seconds) before which all dates of a document's lines are alike to every source."""
    asked = (getattr(source, "dates_from", None) for source in prepared)
    moment = min((ask(document) for ask in asked if ask is not None), default=-inf)
    return max(moment, AGENTS_BEGIN) if isfinite(moment) else AGENTS_BEGIN
