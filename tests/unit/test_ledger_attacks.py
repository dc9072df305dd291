"""Ten attacks on the ledger, as somebody with write access to a branch would make them, seen from the command line.

Each starts from a ledger in order, under a policy that wants two signed reviews, and ends with a scan that is as red
as before and a check that says which attack it was.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from whence.review import FOLDER, Review
from whence.review.form import parse, text

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="signing is done by OpenSSH's ssh-keygen"
)

POLICY = """\
version = 1
[review]
signed = true
[[scope]]
name = "models"
paths = ["models/**"]
  [[scope.rule]]
  require = "review"
  reviewers = 2
"""
CODE = """\
def attention(query, key):
    scores = query @ key.transpose(-2, -1)
    return scores.softmax(dim=-1)


def mask_future(scores):
    size = scores.size(-1)
    hidden = torch.ones(size, size).triu(1)
    return scores.masked_fill(hidden.bool(), float("-inf"))
"""
ANN, BOB = "Ann Other <ann@example.org>", "Bob Bee <bob@example.org>"
FIRST, SECOND = "models/new.py:1-3", "models/new.py:6-9"
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


class Place:
    """A repository with a tool's lines, and people with keys: Ann and Bob are listed, Mal is not."""

    def __init__(self, repo: Repo, keys: Path) -> None:
        self.repo, self.keys = repo, keys
        repo.commit("Start", {"whence.toml": POLICY})
        repo.commit(
            "Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
            {"models/new.py": CODE, "models/backdoor.py": CODE.replace("scores", "orders")},
        )
        for name in ("ann", "bob", "mal"):
            file = str(keys / name)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
        self.allow()

    def allow(self, ann: str = "") -> None:
        lines = [f"ann@example.org {ann}{self.public('ann')}", f"bob@example.org {self.public('bob')}"]
        self.repo.write({".whence/allowed_signers": "\n".join(lines) + "\n"})

    def public(self, name: str) -> str:
        return " ".join((self.keys / f"{name}.pub").read_text().split()[:2])

    def run(self, *arguments: str) -> Done:
        return whence(self.repo.path, self.repo.environment, *arguments)

    def answer(self, where: str = FIRST, who: str = ANN, key: str = "ann", *more: str) -> Review:
        """Answer for lines by the command, signed with somebody's key; the review that it made."""
        before = set(self.folder.glob("*.toml"))
        done = self.run("review", where, "--as", who, "--key", str(self.keys / key), *more)
        assert done.status == 0, done.err
        (file,) = set(self.folder.glob("*.toml")) - before
        return parse(file.read_text("utf-8"))

    @property
    def folder(self) -> Path:
        return self.repo.path / FOLDER

    def file(self, review: Review) -> Path:
        return self.folder / f"{review.id}.toml"

    def signature(self, review: Review) -> Path:
        (file,) = self.folder.glob(f"{review.id}.*.sig")
        return file

    def rewrite(self, review: Review, **changes: object) -> None:
        """Change a review the clever way: its id, its file's name and its signature's made to fit."""
        again = parse(text(dataclasses.replace(review, **changes)))  # type: ignore[arg-type]
        signature = self.signature(review)
        self.file(review).unlink()
        self.file(again).write_text(text(again), encoding="utf-8")
        signature.rename(signature.with_name(signature.name.replace(review.id, again.id)))

    def open(self) -> list[tuple[str, int]]:
        """Where findings are left."""
        found = self.run("scan", "--format", "json").json["findings"]
        return [(item["path"], item["start_line"]) for item in found]


@pytest.fixture
def place(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(repo, tmp_path_factory.mktemp("keys"))


def forged_name(place: Place) -> None:
    """Bob answers a second time, in Ann's name."""
    place.answer(FIRST, ANN, "bob")


def foreign_key(place: Place) -> None:
    """Mal answers in Ann's name, with a key of his own."""
    place.answer(FIRST, ANN, "mal")


def expired_key(place: Place) -> None:
    """Ann's key ended yesterday."""
    place.allow(f'valid-before="{YESTERDAY:%Y%m%d}" ')
    place.answer()


def edited_body(place: Place) -> None:
    """Ann's rejection becomes an approval."""
    rejected = place.answer(FIRST, ANN, "ann", "--result", "rejected", "--note", "unsafe")
    place.rewrite(rejected, result="approved", note="")


def swapped_signature(place: Place) -> None:
    """Two of Ann's reviews exchange their signatures."""
    first, second = place.signature(place.answer(FIRST)), place.signature(place.answer(SECOND))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def replay_on_other_content(place: Place) -> None:
    """Ann's signature of one function is put beside an answer for another, which nobody signed."""
    signed = place.answer(SECOND)
    done = place.run("review", FIRST, "--as", ANN, "--no-sign")
    assert done.status == 0
    (bare,) = [
        file for file in place.folder.glob("*.toml") if not list(place.folder.glob(f"{file.stem}.*.sig"))
    ]
    name = place.signature(signed).name.replace(signed.id, bare.stem)
    shutil.copy(place.signature(signed), place.folder / name)


def transplanted_path(place: Place) -> None:
    """Ann's answer for another file is made to speak of this one."""
    place.rewrite(place.answer("models/backdoor.py:1-3"), path="models/new.py")


def truncated_file(place: Place) -> None:
    """Half of a review that Ann signed."""
    file = place.file(place.answer())
    file.write_bytes(file.read_bytes()[:-40])


def symlink(place: Place) -> None:
    """The review lies outside the ledger, where it can be changed without a commit."""
    file = place.file(place.answer())
    file.rename(place.repo.path / "elsewhere.toml")
    file.symlink_to(place.repo.path / "elsewhere.toml")


def duplicate(place: Place) -> None:
    """Bob's review is there twice, to be two reviewers."""
    (file,) = place.folder.glob("*.toml")
    shutil.copy(file, file.with_name("0123456789abcdef.toml"))
    shutil.copy(next(place.folder.glob("*.sig")), place.folder / "0123456789abcdef.00000000.sig")


TEN: list[tuple[Callable[[Place], None], str]] = [
    (forged_name, "by Ann Other <ann@example.org> names ann@example.org, but is signed with the key of bob@example.org"),
    (foreign_key, "is signed with a key that .whence/allowed_signers does not list (SHA256:"),
    (expired_key, f"but its key expired on {YESTERDAY} (SHA256:"),
    (edited_body, "was changed after it was signed: the signature belongs to other content"),
    (swapped_signature, "carries the signature of another review"),
    (replay_on_other_content, "carries the signature of another review"),
    (transplanted_path, "was changed after it was signed: the signature belongs to other content"),
    (truncated_file, "this review is cut off: its end is missing"),
    (symlink, "this review is a symbolic link, and links are not followed"),
    (duplicate, "and counts once"),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "words"), TEN, ids=[attack.__name__ for attack, _ in TEN])
def test_ten_attacks_are_each_refused_in_the_right_words(
    place: Place, attack: Callable[[Place], None], words: str
) -> None:
    """The scan is as red as it was, names what does not count, and `verify` fails in the words of the attack."""
    place.answer(FIRST, BOB, "bob")
    assert ("models/new.py", 1) in place.open()
    assert place.run("review", "verify").status == 0
    attack(place)
    assert ("models/new.py", 1) in place.open()
    checked = place.run("review", "verify")
    assert checked.status == 1
    assert words in checked.out, checked.out
    report = place.run("scan", "--format", "json").json
    assert any(words in item["why"] for item in report["not_measured"]), report["not_measured"]
    assert report["verdict"] == "fail"


def test_without_an_attack_two_signed_reviews_settle_it(place: Place) -> None:
    """The same steps done honestly are taken: so it is the attack that is refused."""
    place.answer(FIRST, BOB, "bob")
    place.answer(FIRST, ANN, "ann")
    assert ("models/new.py", 1) not in place.open()
    assert ("models/new.py", 6) in place.open()
    assert place.run("review", "verify").out == "2 signed, 0 unsigned, 0 refused\n"


def test_keys_change_hands_on_a_day(place: Place) -> None:
    """A rotated key keeps what it signed in its time and signs no more; a revoked one loses everything."""
    place.answer(FIRST, BOB, "bob")
    old = place.answer(FIRST, ANN, "ann")
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - a day too far does no harm
    place.allow(f'valid-before="{tomorrow:%Y%m%d}" ')
    assert place.run("review", "verify").status == 0
    assert ("models/new.py", 1) not in place.open()
    place.repo.write({".whence/revoked_signers": place.public("ann") + "\n"})
    checked = place.run("review", "verify")
    assert checked.status == 1
    assert f"{old.id}.toml" in checked.out
    assert "is signed with a key that is revoked" in checked.out
    assert ("models/new.py", 1) in place.open()
