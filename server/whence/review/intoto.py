"""A review as an in-toto statement (attestation framework, Statement v1), one to one. Pure.

The subject is the region, named `path#region`. Its digest is that of the region's *normal form* (no white space, no
blank lines), so it stands under a name of its own and nobody mistakes it for the sha256 of a file.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whence.review.form import SCHEMA, FormError, fields, from_table
from whence.review.values import Review

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:whence:review:1"
DIGEST_NAME = "whenceNormalForm256"

_SUBJECT = ("schema", "digest")


def statement(review: Review) -> dict[str, Any]:
    """The statement for one review, ready for `json.dumps`."""
    predicate = {key: value for key, value in fields(review) if value and key not in _SUBJECT}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{review.path}#{review.region}",
                "digest": {DIGEST_NAME: review.digest.removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"id": review.id, **predicate},
    }


def from_statement(value: Mapping[str, Any]) -> Review:
    """The review that a statement was made from. Raises FormError."""
    if value.get("_type") != STATEMENT_TYPE or value.get("predicateType") != PREDICATE_TYPE:
        raise FormError("is not an in-toto statement about a review")
    try:
        predicate = dict(value["predicate"])
        digest = value["subject"][0]["digest"][DIGEST_NAME]
    except (KeyError, IndexError, TypeError, ValueError):
        raise FormError("lacks a subject or a predicate") from None
    said = predicate.pop("id", None)
    review = from_table({"schema": SCHEMA, "digest": f"sha256:{digest}", **predicate})
    if said != review.id:
        raise FormError(f"was changed: it names itself {said!r}, its content is {review.id}")
    if value["subject"] != statement(review)["subject"]:
        raise FormError(f"was changed: its subject is not `{review.path}#{review.region}`")
    return review
