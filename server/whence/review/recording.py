"""From a person's answer to a file of the ledger."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path, PurePosixPath

from whence.errors import UserError
from whence.review import form, lines, store
from whence.review.form import FormError
from whence.review.ledger import Ledger
from whence.review.people import mailbox
from whence.review.values import Draft, Result, Review


def record(root: Path, draft: Draft) -> Path:
    """Write a review under `root` and return its file.

    The same answer again changes nothing; another result by the same person for the same lines replaces the earlier
    one, which stays in the tree as history, and so does a dated answer, which is to be signed, an undated. Raises UserError when the draft says nothing, or when the ledger's place
    is not a plain folder of the workspace.
    """
    review = compose(draft)
    earlier = [other for other in Ledger.read(root).reviews if _same_question(other, review)]
    for other in earlier:
        if _same_answer(other, review):
            return store.write(root, other)
    outdone = {
        other.id for other in earlier if other.result != review.result or (review.date and not other.date)
    }
    if review.date:
        outdone.update(other.id for other in Ledger.read(root).reviews if _said_again(other, review))
    if outdone:
        review = compose(dataclasses.replace(draft, replaces=tuple(outdone.union(draft.replaces))))
    return store.write(root, review)


def _same_question(left: Review, right: Review) -> bool:
    return (
        mailbox(left.reviewer) == mailbox(right.reviewer)
        and left.path == right.path
        and left.lines == right.lines
        and left.tools == right.tools
    )


def _said_again(unsigned: Review, signed: Review) -> bool:
    """Whether a signed answer says all that an unsigned one of the same person said, and maybe more."""
    return (
        not unsigned.date
        and mailbox(unsigned.reviewer) == mailbox(signed.reviewer)
        and unsigned.path == signed.path
        and not Counter(unsigned.lines) - Counter(signed.lines)
        and set(unsigned.tools) <= set(signed.tools)
    )


def _same_answer(left: Review, right: Review) -> bool:
    """Everything that the person said; a signed answer (it has a date) is another one than an unsigned."""
    return all(
        getattr(left, name) == getattr(right, name)
        for name in ("result", "reviewer", "criterion", "purpose", "note", "depth", "date")
    )


def compose(draft: Draft) -> Review:
    """The review that a draft becomes. Pure. Raises UserError with what is missing."""
    path = PurePosixPath(form.plain(draft.path))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UserError(f"cannot review {draft.path!r}: it is not a path inside the workspace")
    if not form.is_person(form.plain(draft.reviewer)):
        raise UserError(
            f"the reviewer {draft.reviewer!r} is not `Name <email>`",
            hint="--as 'Rae Reader <rae@example.org>', or git config user.name and user.email",
        )
    if draft.result not in tuple(Result):
        raise UserError(f"the result {draft.result!r} is unknown; it can be {', '.join(Result)}")
    if draft.result == Result.DISPUTED and not draft.note.strip():
        raise UserError(
            "a disputed finding needs a reason", hint='say why these lines are not AI-written: --note "..."'
        )
    sequence = lines.sequence(draft.text, draft.lines)
    if not sequence:
        raise UserError(f"there is nothing to review in {draft.path}: the lines are blank or not there")
    region = draft.region
    fields: dict[str, object] = {
        "schema": form.SCHEMA,
        "path": str(path),
        "kind": form.plain(region.kind),
        "name": form.plain(region.name or ""),
        "tools": sorted({form.plain(tool) for tool in draft.tools}),
        "reviewer": form.plain(draft.reviewer),
        "result": draft.result,
        "digest": lines.region_digest(draft.text[max(region.start, 1) - 1 : region.end]),
        "lines": list(sequence),
        "criterion": form.plain(draft.criterion),
        "purpose": form.plain(draft.purpose),
        "note": form.plain(draft.note.strip()),
        "depth": draft.depth,
        "replaces": sorted(set(draft.replaces)),
    }
    if draft.date is not None:
        fields["date"] = draft.date
    try:
        return form.from_table(fields)
    except FormError as error:
        raise UserError(f"cannot record this review: it {error.message}") from None
