"""Disclosures, written so that our own readers read them back: trailers, file markers, git-ai notes. Pure.

Nothing here says more than the evidence does. A line that was made is read again with the same reader that a scan
uses; what would not be read as the same tool is not offered as an answer to a rule.
"""

from whence.disclosure.forms import Form
from whence.disclosure.marker import marker_edit
from whence.disclosure.message import with_trailers
from whence.disclosure.note import Claim, Conflict, Written, note
from whence.disclosure.parts import Part, parts_of
from whence.disclosure.trailers import Trailers, declared, trailers

__all__ = [
    "Claim",
    "Conflict",
    "Form",
    "Part",
    "Trailers",
    "Written",
    "declared",
    "marker_edit",
    "note",
    "parts_of",
    "trailers",
    "with_trailers",
]
