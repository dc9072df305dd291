"""Signed reviews: `ssh-keygen -Y` makes and checks them, against `.whence/allowed_signers`.

A signature stands beside its review as `<id>.<8 hex>.sig` and signs the review's payload (all fields, so also the
path, the reviewer and the day). The day decides which keys were valid: a key that has expired since keeps the reviews
that it signed in its time, a revoked key loses them all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

from whence.errors import Problem, UserError
from whence.quick import dataclass
from whence.review import store
from whence.review.form import parse, payload
from whence.review.keygen import NAMESPACE, NoAnswerError, Trust, fits, make, passes
from whence.review.ledger import Ledger
from whence.review.people import mailbox
from whence.review.recording import record
from whence.review.sshsig import (
    Armour,
    SignatureFormError,
    Signer,
    fingerprint,
    no_key,
    read_armour,
    read_signers,
    signers_line,
)
from whence.review.values import Draft, Review

ALLOWED = ".whence/allowed_signers"
REVOKED = ".whence/revoked_signers"

MAX_SIGNATURES = 8
"""Looked at for one review."""
MAX_OTHERS = 16
"""Other reviews that a misplaced signature is tried on, to say whose it is."""

_SIDE_FILE = re.compile(r"([0-9a-f]{16})\.[0-9a-f]{8}\.sig")


class Status(StrEnum):
    """What a review's signature is worth."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    FORGED_NAME = "forged-name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    EDITED = "edited"
    REPLAYED = "replayed"
    OTHER_PURPOSE = "other-purpose"
    MALFORMED = "malformed"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A list of keys that is not the tree's own."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """The verdict on one review's signature."""

    status: Status
    why: str
    """The rest of a sentence that begins with the review."""
    key: str = ""
    """`SHA256:...` where a key is known."""

    @property
    def good(self) -> bool:
        return self.status is Status.GOOD


# --- signing ---------------------------------------------------------------------------------------------------------


def sign(root: Path, review: Review, key: str, environment: Mapping[str, str]) -> Path:
    """Sign a recorded review and return the signature's file; for `key` see `whence.review.keygen.make`.

    Raises UserError when there is no date in the review or `ssh-keygen` does not sign.
    """
    if review.date is None:
        raise UserError(f"review {review.id} has no date, so its signature could never be judged")
    signature = make(payload(review), key, environment)
    name = f"{review.id}.{hashlib.sha256(signature).hexdigest()[:8]}.sig"
    folder = root / store.FOLDER
    store.put(folder, name, signature)
    return folder / name


def record_signed(root: Path, draft: Draft, key: str, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Record a review and sign it; the two files. Raises UserError; what cannot be signed is not recorded either."""
    before = {name for name, _ in store.entries(root, ".toml")}
    file = record(root, draft)
    try:
        return file, sign(root, parse(file.read_text("utf-8")), key, environment)
    except UserError as error:
        if file.name in before:
            raise
        file.unlink(missing_ok=True)
        raise UserError(f"{error.message}; nothing was recorded", hint=error.hint) from None


# --- checking --------------------------------------------------------------------------------------------------------


def verify(
    root: Path,
    reviews: Sequence[Review],
    *,
    today: date,
    environment: Mapping[str, str] | None = None,
    allowed: KeyFile | None = None,
    revoked: KeyFile | None = None,
) -> dict[str, Signed]:
    """A verdict for each review, by id. Never raises.

    `allowed` and `revoked` replace the tree's own lists, for a CI that takes the keys from a protected branch.
    """
    signatures = _signatures(root)
    trust = _trust(root, allowed, revoked, os.environ if environment is None else environment)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        verdicts = pool.map(
            lambda review: _verdict(review, signatures.get(review.id, ()), trust, today), reviews
        )
        found = {review.id: verdict for review, verdict in zip(reviews, verdicts, strict=True)}
    return {key: _whose(key, found, signatures, reviews, trust) for key in found}


def trusted(ledger: Ledger, verdicts: Mapping[str, Signed]) -> Ledger:
    """The ledger for a policy that wants signatures: every other review becomes a problem that says why."""
    good = [review for review in ledger.recorded if review.id in verdicts and verdicts[review.id].good]
    past = outdone(ledger.recorded, verdicts)
    problems = [
        Problem(
            f"{store.FOLDER}/{review.id}.toml",
            f"the review by {review.reviewer} {verdicts[review.id].why}"
            if review.id in verdicts
            else "was not checked",
            hint="the policy wants signed reviews; whoever answered can answer again and sign",
        )
        for review in ledger.recorded
        if (review.id not in verdicts or not verdicts[review.id].good) and review.id not in past
    ]
    return Ledger.of(good, (*ledger.problems, *problems))


def outdone(reviews: Iterable[Review], verdicts: Mapping[str, Signed]) -> frozenset[str]:
    """Ids of unsigned answers that another one of the same person replaces: nobody needs to mend them. Where that one
    is not good either it is told, which is enough."""
    by_id = {review.id: review for review in reviews}
    return frozenset(
        old
        for review in by_id.values()
        for old in review.replaces
        if old in by_id
        and mailbox(by_id[old].reviewer) == mailbox(review.reviewer)
        and old in verdicts
        and verdicts[old].status is Status.UNSIGNED
    )


def unlisted(root: Path, review: Review) -> str:
    """The line that the tree's list of keys lacks for a signed review; empty where it lacks none."""
    allowed, fault = _listed(root, ALLOWED)
    if fault:
        return ""
    signers = read_signers(allowed.content)[0] if allowed is not None else []
    for signature in _signatures(root).get(review.id, ()):
        try:
            key = read_armour(signature).key
        except SignatureFormError:
            continue
        if not any(signer.key == key and signer.names(_address(review)) for signer in signers):
            return signers_line(_address(review), key)
    return ""


def _signatures(root: Path) -> dict[str, tuple[bytes, ...]]:
    """Every readable signature, by the id of the review that it stands beside."""
    out: dict[str, tuple[bytes, ...]] = {}
    for name, content in store.entries(root, ".sig"):
        match = _SIDE_FILE.fullmatch(name)
        if match and len(out.get(match[1], ())) < MAX_SIGNATURES:
            # ssh-keygen takes no carriage returns, and git may have put some in.
            plain = b"" if isinstance(content, Problem) else content.replace(b"\r\n", b"\n")
            out[match[1]] = (*out.get(match[1], ()), plain)
    return out


def unusable(allowed: KeyFile | None, revoked: KeyFile | None) -> str:
    """Why keys from elsewhere can check nothing; empty where they can."""
    if allowed is not None:
        signers, broken = read_signers(allowed.content)
        if not signers:
            return f"{allowed.name} names no key" + (f"; line {broken[0]} cannot be read" if broken else "")
    if revoked is not None and (line := no_key(revoked.content)):
        return f"line {line} of {revoked.name} is no public key"
    return ""


def _trust(
    root: Path, allowed: KeyFile | None, revoked: KeyFile | None, environment: Mapping[str, str]
) -> Trust:
    """The keys that count. What cannot be read closes the door: no review is good then."""
    fault = ""
    if allowed is None:
        allowed, fault = _listed(root, ALLOWED)
        if allowed is None and not fault:
            fault = f"there is no {ALLOWED} that says whose keys count"
    if revoked is None:
        revoked, closed = _listed(root, REVOKED)
        fault = closed or fault
    return Trust(
        allowed.content if allowed is not None else b"",
        revoked.content if revoked is not None else b"",
        environment.get("PATH", ""),
        fault or unusable(allowed, revoked),
        allowed.name if allowed is not None else ALLOWED,
    )


def _listed(root: Path, name: str) -> tuple[KeyFile | None, str]:
    """A list of the tree's own, None where there is none; and why it cannot be read."""
    found = store.plain_file(root, name)
    if isinstance(found, Problem):
        return None, f"{found.path} {found.message}"
    return (None if found is None else KeyFile(name, found)), ""


def _verdict(review: Review, signatures: Iterable[bytes], trust: Trust, today: date) -> Signed:
    """The best verdict over a review's signatures."""
    verdicts = [_judge(review, signature, trust, today) for signature in signatures]
    if not verdicts:
        return Signed(Status.UNSIGNED, "is not signed")
    return next((verdict for verdict in verdicts if verdict.good), verdicts[0])


def _judge(review: Review, signature: bytes, trust: Trust, today: date) -> Signed:
    try:
        armour = read_armour(signature)
    except SignatureFormError as error:
        return Signed(Status.MALFORMED, f"has a signature that {error}")
    key = fingerprint(armour.key)
    if armour.namespace != NAMESPACE:
        return Signed(Status.OTHER_PURPOSE, f"has a signature that was made for `{armour.namespace}`", key)
    if trust.fault:
        return Signed(Status.UNCHECKED, f"cannot be checked: {trust.fault}", key)
    when = review.date or today
    if when > today + timedelta(days=1):
        return Signed(Status.NOT_YET_VALID, f"is dated {when}, which is yet to come", key)
    try:
        if passes(payload(review), signature, trust, _address(review), when):
            return Signed(Status.GOOD, f"is signed by {_address(review)} with {key}", key)
        return _diagnosis(review, signature, armour, trust, when)
    except NoAnswerError as error:
        return Signed(Status.UNCHECKED, f"cannot be checked: {error}", key)


def _diagnosis(review: Review, signature: bytes, armour: Armour, trust: Trust, when: date) -> Signed:
    """Why `ssh-keygen` refused."""
    key = fingerprint(armour.key)
    if not fits(payload(review), signature, trust.path):
        return Signed(
            Status.EDITED, "was changed after it was signed: the signature belongs to other content", key
        )
    mail = _address(review)
    if trust.revoked and passes(
        payload(review), signature, dataclasses.replace(trust, revoked=b""), mail, when
    ):
        return Signed(Status.REVOKED, f"is signed with a key that is revoked ({key})", key)
    signers = [signer for signer in read_signers(trust.allowed)[0] if signer.key == armour.key]
    mine = [signer for signer in signers if signer.names(mail)]
    if mine:
        return _out_of_time(mine, key, when, trust.listed)
    if signers:
        whose = ", ".join(signers[0].principals)
        return Signed(Status.FORGED_NAME, f"names {mail}, but is signed with the key of {whose} ({key})", key)
    return Signed(Status.UNKNOWN_KEY, f"is signed with a key that {trust.listed} does not list ({key})", key)


def _out_of_time(signers: Sequence[Signer], key: str, when: date, listed: str) -> Signed:
    """The key is listed for this person; so it is the day, or the purpose."""
    at = datetime.combine(when, time(12), UTC)
    serving = [signer for signer in signers if signer.serves(NAMESPACE)]
    if not serving:
        return Signed(
            Status.OTHER_PURPOSE, f"is signed with a key that may not sign `{NAMESPACE}` ({key})", key
        )
    for signer in serving:
        if signer.valid_before and at >= signer.valid_before:
            until = signer.valid_before.date()
            return Signed(Status.EXPIRED, f"is of {when}, but its key expired on {until} ({key})", key)
    for signer in serving:
        if signer.valid_after and at < signer.valid_after:
            since = signer.valid_after.date()
            return Signed(
                Status.NOT_YET_VALID, f"is of {when}, but its key is valid only from {since} ({key})", key
            )
    return Signed(Status.UNKNOWN_KEY, f"is signed with a key that {listed} does not accept ({key})", key)


def _whose(
    key: str,
    found: Mapping[str, Signed],
    signatures: Mapping[str, tuple[bytes, ...]],
    reviews: Sequence[Review],
    trust: Trust,
) -> Signed:
    """Say whose signature it is, where a review carries that of another one."""
    verdict = found[key]
    if verdict.status is not Status.EDITED:
        return verdict
    mine = set(signatures[key])
    twins = [
        review for review in reviews if review.id != key and mine.intersection(signatures.get(review.id, ()))
    ]
    strays = [review for review in reviews if review.id != key and found[review.id].status is Status.EDITED]
    for other in (*twins, *strays)[:MAX_OTHERS]:
        try:
            if any(fits(payload(other), signature, trust.path) for signature in mine):
                why = f"carries the signature of another review, {other.id} ({other.path})"
                return Signed(Status.REPLAYED, why, verdict.key)
        except NoAnswerError:
            break
    return verdict


def _address(review: Review) -> str:
    return review.reviewer.rpartition("<")[2].rstrip(">").strip()
