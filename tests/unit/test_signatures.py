"""Signed reviews with real SSH keys: good ones, and each attack refused in words that say what it is."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from whence.errors import UserError
from whence.model import Region
from whence.review import FOLDER, Draft, Ledger, Review, record
from whence.review.form import parse, text
from whence.review.signatures import ALLOWED, REVOKED, KeyFile, Signed, Status, sign, trusted, verify
from whence.review.sshsig import SignatureFormError, read_armour, read_signers
from whence.text import split

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="signatures are made and checked by OpenSSH's ssh-keygen"
)

CODE = """\
def attend(query, key, value):
    scores = query @ key.transpose(-2, -1)
    return softmax(scores, dim=-1) @ value


def mask(scores):
    return scores.masked_fill(future(scores), -inf)
"""
ANN, BOB = "Ann Lee <ann@example.org>", "Bob Ray <bob@example.org>"
DAY, TODAY = date(2026, 6, 15), date(2026, 7, 1)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Three people's keys; making one takes 10 ms."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ann", "bob", "mal"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    return {name: folder / name for name in ("ann", "bob", "mal")}


@dataclass
class Place:
    """A workspace with keys that count."""

    root: Path
    keys: Mapping[str, Path]

    def public(self, name: str) -> str:
        return " ".join(self.keys[name].with_suffix(".pub").read_text().split()[:2])

    def allow(self, *lines: str) -> None:
        (self.root / ".whence").mkdir(exist_ok=True)
        (self.root / ALLOWED).write_text("".join(line + "\n" for line in lines))

    def draft(self, reviewer: str = ANN, first: int = 1, last: int = 3, **changes: object) -> Draft:
        region = Region("function", "attend" if first == 1 else "mask", first, last)
        base = Draft("models/a.py", region, split(CODE), ((first, last),), reviewer, ("codex",), date=DAY)
        return dataclasses.replace(base, **changes)  # type: ignore[arg-type]

    def add(self, draft: Draft, key: str | None = "ann") -> Review:
        file = record(self.root, draft)
        review = parse(file.read_text(encoding="utf-8"))
        if key:
            sign(self.root, review, str(self.keys[key]), dict(os.environ))
        return review

    def side_files(self, review: Review) -> list[Path]:
        return sorted((self.root / FOLDER).glob(f"{review.id}.*.sig"))

    def verdicts(self, today: date = TODAY) -> dict[str, Signed]:
        return verify(self.root, Ledger.read(self.root).recorded, today=today)

    def good(self) -> Ledger:
        ledger = Ledger.read(self.root)
        return trusted(ledger, verify(self.root, ledger.recorded, today=TODAY))


@pytest.fixture
def place(tmp_path: Path, keys: Mapping[str, Path]) -> Place:
    made = Place(tmp_path, keys)
    made.allow(f"ann@example.org {made.public('ann')}", f"bob@example.org {made.public('bob')}")
    return made


def only(place: Place, review: Review, today: date = TODAY) -> Signed:
    return place.verdicts(today)[review.id]


def test_a_signed_review_is_good(place: Place) -> None:
    """Ann signs her own answer, and it counts."""
    review = place.add(place.draft())
    verdict = only(place, review)
    assert verdict.status is Status.GOOD
    assert "ann@example.org" in verdict.why
    assert place.good().reviews == (review,)
    assert place.good().problems == ()


def test_a_public_key_names_the_one_to_sign_with(place: Place) -> None:
    """`user.signingKey` is often the public file beside the private one."""
    review = place.add(place.draft(), None)
    sign(place.root, review, str(place.keys["ann"].with_suffix(".pub")), dict(os.environ))
    assert only(place, review).good


def test_signing_again_with_a_new_key_adds_a_signature(place: Place) -> None:
    """After a rotation both signatures stand side by side; one good one is enough."""
    review = place.add(place.draft(), "mal")
    assert only(place, review).status is Status.UNKNOWN_KEY
    sign(place.root, review, str(place.keys["ann"]), dict(os.environ))
    assert len(place.side_files(review)) == 2
    assert only(place, review).good


def test_a_checkout_with_other_line_endings_keeps_signatures_good(place: Place) -> None:
    """Git may turn every line ending of the ledger."""
    review = place.add(place.draft(note="two\nlines"))
    for file in (place.root / FOLDER).iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert only(place, review).good


# --- the attacks: what is done to Ann's signed review, what it becomes, and the words ---------------------------------


def _rewrite(place: Place, review: Review, **changes: object) -> Review:
    """Change a review the clever way: with its id, file name and signature's name made to fit."""
    changed = dataclasses.replace(review, **changes)  # type: ignore[arg-type]
    again = parse(text(changed))
    (place.root / FOLDER / f"{review.id}.toml").unlink()
    (place.root / FOLDER / f"{again.id}.toml").write_text(text(again), encoding="utf-8")
    for file in place.side_files(review):
        file.rename(file.with_name(file.name.replace(review.id, again.id)))
    return again


def forged_name(place: Place) -> Review:
    """Bob signs a review in Ann's name."""
    return place.add(place.draft(ANN), "bob")


def foreign_key(place: Place) -> Review:
    """A key that nobody listed."""
    return place.add(place.draft(ANN), "mal")


def expired_key(place: Place) -> Review:
    """Ann's key ended before the day of the review."""
    place.allow(f'ann@example.org valid-before="20260601" {place.public("ann")}')
    return place.add(place.draft())


def early_key(place: Place) -> Review:
    """A review dated before its key existed."""
    place.allow(f'ann@example.org valid-after="20260620" {place.public("ann")}')
    return place.add(place.draft())


def revoked_key(place: Place) -> Review:
    """The key was lost."""
    review = place.add(place.draft())
    (place.root / REVOKED).write_text(place.public("ann") + "\n")
    return review


def edited_body(place: Place) -> Review:
    """A rejection is turned into an approval, and the file's name made to fit."""
    review = place.add(place.draft(result="rejected", note="unsafe"))
    return _rewrite(place, review, result="approved")


def transplanted_path(place: Place) -> Review:
    """The answer for one file is made to speak of another."""
    return _rewrite(place, place.add(place.draft()), path="models/backdoor.py")


def replay_on_other_content(place: Place) -> Review:
    """A good signature is copied beside a review that nobody signed."""
    good = place.add(place.draft())
    target = place.add(place.draft(first=6, last=7), None)
    for file in place.side_files(good):
        shutil.copy(file, file.with_name(file.name.replace(good.id, target.id)))
    return target


def swapped_signatures(place: Place) -> Review:
    """Two reviews exchange their signatures."""
    one, two = place.add(place.draft()), place.add(place.draft(first=6, last=7))
    (mine,), (other,) = place.side_files(one), place.side_files(two)
    first, second = mine.read_bytes(), other.read_bytes()
    mine.write_bytes(second)
    other.write_bytes(first)
    return one


def truncated_signature(place: Place) -> Review:
    """Half a signature."""
    review = place.add(place.draft())
    (file,) = place.side_files(review)
    file.write_bytes(file.read_bytes()[:120])
    return review


def linked_signature(place: Place) -> Review:
    """The signature is a link to a good one elsewhere."""
    review = place.add(place.draft())
    (file,) = place.side_files(review)
    moved = place.root / "elsewhere"
    file.rename(moved)
    file.symlink_to(moved)
    return review


def other_purpose(place: Place) -> Review:
    """A signature that Ann made for git."""
    review = place.add(place.draft(), None)
    made = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(place.keys["ann"])],
        input=b"x",
        capture_output=True,
        check=True,
    )
    (place.root / FOLDER / f"{review.id}.00000000.sig").write_bytes(made.stdout)
    return review


def key_for_git_only(place: Place) -> Review:
    """Ann's key is listed, but not for reviews."""
    place.allow(f'ann@example.org namespaces="git" {place.public("ann")}')
    return place.add(place.draft())


def future_date(place: Place) -> Review:
    """Dated after today, to outlive a revocation."""
    return place.add(place.draft(date=date(2027, 1, 1)))


def no_signature(place: Place) -> Review:
    """Nobody signed."""
    return place.add(place.draft(), None)


def no_allowed_signers(place: Place) -> Review:
    """There is no list of keys."""
    (place.root / ALLOWED).unlink()
    return place.add(place.draft())


def linked_allowed_signers(place: Place) -> Review:
    """The list of keys is a link to a place that nobody reviews."""
    moved = place.root / "elsewhere"
    (place.root / ALLOWED).rename(moved)
    (place.root / ALLOWED).symlink_to(moved)
    return place.add(place.draft())


def linked_revocations(place: Place) -> Review:
    """The list of revoked keys is a dangling link: without it no key can be trusted."""
    (place.root / REVOKED).symlink_to(place.root / "nowhere")
    return place.add(place.draft())


def unreadable_revocations(place: Place) -> Review:
    """A slip in the list of revoked keys: ssh-keygen takes every key for revoked then."""
    (place.root / REVOKED).write_text(f"# lost\n{place.public('mal')}\nthe old laptop\n")
    return place.add(place.draft())


def unreadable_allowed_signers(place: Place) -> Review:
    """The list of keys was overwritten with something else."""
    place.allow("# keys", "ann@example.org")
    return place.add(place.draft())


ATTACKS: list[tuple[Callable[[Place], Review], Status, str]] = [
    (forged_name, Status.FORGED_NAME, "names ann@example.org, but is signed with the key of bob@example.org"),
    (foreign_key, Status.UNKNOWN_KEY, "does not list"),
    (expired_key, Status.EXPIRED, "is of 2026-06-15, but its key expired on 2026-06-01"),
    (early_key, Status.NOT_YET_VALID, "valid only from 2026-06-20"),
    (revoked_key, Status.REVOKED, "revoked"),
    (edited_body, Status.EDITED, "was changed after it was signed"),
    (transplanted_path, Status.EDITED, "was changed after it was signed"),
    (replay_on_other_content, Status.REPLAYED, "carries the signature of another review"),
    (swapped_signatures, Status.REPLAYED, "carries the signature of another review"),
    (truncated_signature, Status.MALFORMED, "is cut off"),
    (linked_signature, Status.MALFORMED, "is cut off or not an SSH signature"),
    (other_purpose, Status.OTHER_PURPOSE, "was made for `git`"),
    (key_for_git_only, Status.OTHER_PURPOSE, "may not sign `whence-review`"),
    (future_date, Status.NOT_YET_VALID, "yet to come"),
    (no_signature, Status.UNSIGNED, "is not signed"),
    (no_allowed_signers, Status.UNCHECKED, "there is no .whence/allowed_signers"),
    (linked_allowed_signers, Status.UNCHECKED, "links are not followed"),
    (linked_revocations, Status.UNCHECKED, "links are not followed"),
    (unreadable_revocations, Status.UNCHECKED, "line 3 of .whence/revoked_signers is no public key"),
    (unreadable_allowed_signers, Status.UNCHECKED, "names no key; line 2 cannot be read"),
]


@pytest.mark.parametrize(
    ("attack", "status", "words"), ATTACKS, ids=[attack.__name__ for attack, _, _ in ATTACKS]
)
def test_each_attack_is_refused_in_the_right_words(
    place: Place, attack: Callable[[Place], Review], status: Status, words: str
) -> None:
    """The verdict names the attack, and a policy that wants signatures does not count the review."""
    review = attack(place)
    verdict = only(place, review)
    assert (verdict.status, words in verdict.why) == (status, True), verdict
    ledger = place.good()
    assert review.id not in {item.id for item in ledger.reviews}
    assert any(review.id in problem.path and verdict.why in problem.message for problem in ledger.problems)
    lines = split(CODE)
    covered = ledger.cover(review.path, lines, ((1, len(lines)),))
    assert review.id not in {item.review.id for item in covered}


def test_a_copied_review_file_counts_once(place: Place) -> None:
    """A duplicate under another name adds no second reviewer."""
    review = place.add(place.draft())
    file = place.root / FOLDER / f"{review.id}.toml"
    shutil.copy(file, file.with_name("0000000000000000.toml"))
    ledger = Ledger.read(place.root)
    assert ledger.reviews == (review,)
    assert "is a copy of" in ledger.problems[0].message


@pytest.mark.parametrize("harm", ["cut", "link"])
def test_a_truncated_or_linked_review_file_is_no_review_whatever_its_signature(
    place: Place, harm: str
) -> None:
    """A good signature beside a broken file answers for nothing."""
    review = place.add(place.draft())
    file = place.root / FOLDER / f"{review.id}.toml"
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-60])
    else:
        file.rename(place.root / "elsewhere")
        file.symlink_to(place.root / "elsewhere")
    assert place.good().reviews == ()
    assert len(place.good().problems) == 1


def test_an_unsigned_answer_cannot_void_a_signed_one(place: Place) -> None:
    """Somebody writes, in Ann's name, a review that `replaces` her rejection."""
    rejected = place.add(place.draft(result="rejected", note="unsafe"))
    place.add(place.draft(result="approved", replaces=(rejected.id,)), None)
    assert [item.result for item in Ledger.read(place.root).reviews] == ["approved"]
    assert [item.result for item in place.good().reviews] == ["rejected"]


def test_keys_rotate_without_losing_old_reviews(place: Place) -> None:
    """Each review is judged by the keys of its own day."""
    place.allow(
        f'ann@example.org valid-before="20260620" {place.public("ann")}',
        f'ann@example.org valid-after="20260620" {place.public("mal")}',
    )
    old = place.add(place.draft(), "ann")
    new = place.add(place.draft(first=6, last=7, date=date(2026, 6, 25)), "mal")
    late = place.add(place.draft(first=2, last=2, date=date(2026, 6, 25)), "ann")
    verdicts = place.verdicts()
    assert [verdicts[item.id].status for item in (old, new, late)] == [
        Status.GOOD,
        Status.GOOD,
        Status.EXPIRED,
    ]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("*@example.org {ann}", Status.GOOD),
        ("bob@example.org,ann@example.org {ann} work laptop", Status.GOOD),
        ('ann@example.org namespaces="git,whence-review" {ann}', Status.GOOD),
        ("# a comment\nann@example.org {ann}", Status.GOOD),
        ("*@example.org,!ann@example.org {ann}", Status.FORGED_NAME),
        ("ann@other.example {ann}", Status.FORGED_NAME),
        ("ann@example.org ssh-ed25519 broken", Status.UNCHECKED),
        ("", Status.UNCHECKED),
    ],
)
def test_allowed_signers_is_read_as_ssh_reads_it(place: Place, line: str, status: Status) -> None:
    """Patterns, lists, options and comments of ssh-keygen's own format."""
    place.allow(line.format(ann=place.public("ann")))
    assert only(place, place.add(place.draft())).status is status


def test_ci_can_bring_its_own_list_of_keys(place: Place) -> None:
    """A change that adds its author's key to the tree does not vouch for itself."""
    place.allow(f"ann@example.org {place.public('mal')}")
    review = place.add(place.draft(), "mal")
    assert only(place, review).good
    protected = KeyFile("main's keys", f"ann@example.org {place.public('ann')}\n".encode())
    verdict = verify(place.root, [review], today=TODAY, allowed=protected)[review.id]
    assert verdict.status is Status.UNKNOWN_KEY
    assert "a key that main's keys does not list" in verdict.why


def test_ci_can_bring_its_own_list_of_revoked_keys(place: Place) -> None:
    """A change that takes a revocation out of the tree revives no key."""
    review = place.add(place.draft())
    assert only(place, review).good
    protected = KeyFile("revoked", f"{place.public('ann')}\n".encode())
    assert verify(place.root, [review], today=TODAY, revoked=protected)[review.id].status is Status.REVOKED


def test_without_ssh_keygen_nothing_is_called_good(place: Place, tmp_path: Path) -> None:
    """What cannot be checked is said, never assumed."""
    review = place.add(place.draft())
    verdict = verify(place.root, [review], today=TODAY, environment={"PATH": str(tmp_path)})[review.id]
    assert verdict.status is Status.UNCHECKED
    assert "ssh-keygen is not installed" in verdict.why


@pytest.mark.parametrize(
    ("key", "words"),
    [("/nowhere/key", "did not sign"), ("-f", "did not sign"), ("ssh-ed25519 AAAA", "did not sign")],
)
def test_a_key_that_cannot_sign_is_a_user_error(place: Place, key: str, words: str) -> None:
    """And no empty signature is left behind."""
    review = place.add(place.draft(), None)
    environment = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    with pytest.raises(UserError, match=words):
        sign(place.root, review, key, environment)
    assert place.side_files(review) == []


def test_an_undated_review_is_not_signed(place: Place) -> None:
    """Without a day nobody could tell which keys were valid."""
    review = place.add(place.draft(date=None), None)
    with pytest.raises(UserError, match="has no date"):
        sign(place.root, review, str(place.keys["ann"]), dict(os.environ))


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\xfe", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", b"x" * 9_000,
             b"-----BEGIN SSH SIGNATURE-----\n!!!\n-----END SSH SIGNATURE-----\n",
             b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----\n"]
)  # fmt: skip
def test_junk_is_no_signature(junk: bytes) -> None:
    """Armour, base64, magic and lengths are all checked before ssh-keygen sees anything."""
    with pytest.raises(SignatureFormError):
        read_armour(junk)


def test_broken_lines_of_allowed_signers_are_counted() -> None:
    """A typing mistake in the list of keys is found by its line."""
    signers, broken = read_signers(b'a@b.c ssh-ed25519 AAAA\n\nno key here\nx@y.z namespaces="git" nothing\n')
    assert len(signers) == 1
    assert broken == [3, 4]
