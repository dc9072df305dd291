"""The text of what Gemini CLI's calls gave back. Pure."""

from __future__ import annotations

from whence.evidence.sessions.stores.values import mapping, string


def text_of(result: object) -> str:
    """The text of a call's result: a text, or parts with function responses."""
    if isinstance(result, str):
        return result
    texts: list[str] = []
    for part in result if isinstance(result, list) else [result]:
        response = mapping(part, "functionResponse", "response")
        texts.append(string(response, "output", "error") or string(part, "text"))
    return "\n".join(text for text in texts if text)


def without(said: str, command: str) -> str:
    """A command's output without the command, which older versions repeat before it."""
    return said.replace(command, "", 1) if command and said.startswith("Command: ") else said
