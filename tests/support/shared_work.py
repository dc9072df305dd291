"""A workspace in which people and tools have worked on the same files, with every kind of trace of it."""

from __future__ import annotations

import random
from collections.abc import Mapping

from support.git import Repo
from support.transcripts import Claude
from whence.model import Region
from whence.review import Draft, record
from whence.text import split

POLICIES: dict[str, str] = {
    "none": "",
    "review": """version = 1
own_vendors = ["meta"]
[[scope]]
name = "all"
paths = ["**"]
  [[scope.rule]]
  tools = ["rival"]
  require = "review"
  because = "section 2"
""",
    "two scopes": """version = 1
[[scope]]
name = "all"
paths = ["**"]
  [[scope.rule]]
  tools = ["claude-code"]
  require = "review"
[[scope]]
name = "told"
paths = ["**"]
  [[scope.rule]]
  tools = ["any"]
  require = "disclose"
  disclosure = ["assisted-by: *"]
""",
    "long": """version = 1
mode = "warn"
[[scope]]
name = "long"
paths = ["**"]
  [[scope.rule]]
  tools = ["any"]
  require = "review"
  min_lines = 12
  [[scope.rule]]
  tools = ["codex"]
  require = "forbid"
""",
}

WRITERS = (
    "",
    "\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
    "\n\nCo-Authored-By: Codex <noreply@openai.com>",
    "",
)


class SharedWork:
    """`repo` holds each text; who wrote which stretch of it is drawn from the dice."""

    def __init__(
        self,
        repo: Repo,
        texts: Mapping[str, str],
        dice: random.Random,
        *,
        policy: str,
        sessions: bool,
        reviews: bool,
    ) -> None:
        self.repo = repo
        self.texts = texts
        owners = {name: _owners(split(text), dice) for name, text in texts.items()}
        if POLICIES[policy]:
            repo.write({"whence.toml": POLICIES[policy]})
        for turn, trailer in enumerate(WRITERS):
            repo.commit(f"Turn {turn}{trailer}", {n: _upto(texts[n], owners[n], turn) for n in texts})
        if sessions:
            # What the last turn but one left out is in the work tree alone, and a session tells of it.
            session = Claude(repo.home, str(repo.path))
            session.prompt("Go on 😀.")
            for name, text in texts.items():
                session.write(
                    str(repo.path / name), text, original=_upto(text, owners[name], len(WRITERS) - 1)
                )
            session.save()
        repo.write(dict(texts))
        if reviews:
            for name, text in texts.items():
                self._review(name, split(text), dice)

    def _review(self, name: str, lines: tuple[str, ...], dice: random.Random) -> None:
        for result in ("approved", "rejected", "disputed"):
            first = dice.randrange(1, max(len(lines) - 20, 2))
            chosen = [(first, min(first + dice.randrange(3, 40), len(lines)))]
            if not any(lines[k - 1].strip() for k in range(chosen[0][0], chosen[0][1] + 1)):
                continue
            draft = Draft(
                path=name, region=Region("block", None, *chosen[0]), text=lines, lines=tuple(chosen),
                reviewer="Rita Reader <rita@example.org>", tools=("claude-code",), result=result, note="because 😀",
            )  # fmt: skip
            record(self.repo.path, draft)


def _owners(lines: tuple[str, ...], dice: random.Random) -> list[int]:
    """The turn in which each line came in; the last turn is not committed."""
    out: list[int] = []
    while len(out) < len(lines):
        out += [dice.randrange(len(WRITERS) + 1)] * dice.randrange(2, 25)
    return out[: len(lines)]


def _upto(text: str, owners: list[int], turn: int) -> str:
    lines = split(text)
    return "".join(line + "\n" for line, owner in zip(lines, owners, strict=True) if owner <= turn)
