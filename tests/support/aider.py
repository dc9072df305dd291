"""Build chat histories in the shape that Aider writes: what it says, what the person says, what the model replies."""

from __future__ import annotations

from pathlib import Path

NAME = ".aider.chat.history.md"


def block(
    path: str, old: str, new: str, *, signs: int = 7, words: tuple[str, str] = ("SEARCH", "REPLACE")
) -> str:
    """A SEARCH/REPLACE block with its path and fence."""
    return f"{path}\n```python\n{'<' * signs} {words[0]}\n{old}{'=' * signs}\n{new}{'>' * signs} {words[1]}\n```\n"


class Aider:
    """One history file; `plain` versions (before 0.5x) put `> ` before each line of a text of several lines."""

    def __init__(self, folder: Path, *, plain: bool = False) -> None:
        self.path = folder / NAME
        self.text = ""
        self.plain = plain

    def chat(self, time: str = "2026-06-01 10:00:00", *, model: str = "gpt-4o", form: str = "diff") -> Aider:
        self.text += f"\n# aider chat started at {time}\n\n"
        return self.say(
            "aider --model x a.py", "Aider v0.86.2", f"Main model: {model} with {form} edit format"
        )

    def say(self, *texts: str) -> Aider:
        """What Aider itself says."""
        for text in texts:
            lines = text.split("\n")
            if self.plain:
                self.text += "".join(f"> {line}".rstrip() + "  \n" for line in lines)
            else:
                self.text += f"> {text.strip()}  \n"
        return self

    def ask(self, words: str) -> Aider:
        """What the person says."""
        self.text += "\n#### " + "  \n#### ".join(words.split("\n")) + "  \n"
        return self

    def reply(self, text: str, *applied: str, commit: str = "") -> Aider:
        """What the model says, and the files that Aider says it changed."""
        self.text += f"\n{text.strip()}\n\n"
        self.say("Tokens: 1,000 sent, 200 received. Cost: $0.01 message, $0.01 session.")
        self.say(*(f"Applied edit to {path}" for path in applied))
        return self.say(f"Commit {commit} feat: something") if commit else self

    def fail(self, path: str, old: str, new: str, others: int = 0) -> Aider:
        """One block failed, and so many were applied."""
        text = (
            "# 1 SEARCH/REPLACE block failed to match!\n\n## SearchReplaceNoExactMatch: This SEARCH block failed to"
            f" exactly match lines in {path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n\n"
            "The SEARCH section must exactly match an existing block of lines including all white space"
        )
        if others:
            text += (
                f"\n\n# The other {others} SEARCH/REPLACE blocks were applied successfully.\nDon't re-send them.\n"
                "Just reply with fixed versions of the block above that failed to match."
            )
        return self.complain(text)

    def complain(self, text: str) -> Aider:
        return self.say(
            "The LLM did not conform to the edit format.",
            "https://aider.chat/docs/troubleshooting/edit-errors.html",
            text,
        )

    def save(self, *, ending: str = "\n") -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(self.text.replace("\n", ending).encode())
        return self.path
