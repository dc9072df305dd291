"""Settings come in whatever shape the client sends; what is wrong is said and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from whence.lsp.settings import Settings, read


def check(raw: Any, expected: Settings, *wrong: str) -> None:
    settings, said = read(raw)
    assert settings == expected
    assert len(said) == len(wrong)
    for text, part in zip(said, wrong, strict=True):
        assert part in text


@pytest.mark.parametrize(
    ("raw", "expected", "wrong"),
    [
        (None, Settings(), ()),
        ({}, Settings(), ()),
        ({"codeLens": True}, Settings(code_lens=True), ()),
        ({"whence": {"codeLens": True, "policy": "p.toml"}}, Settings(code_lens=True, policy="p.toml"), ()),
        ({"codeLens": None, "diagnosticMode": "workspace"}, Settings(diagnostic_mode="workspace"), ()),
        ({"codeLens": "yes 😀"}, Settings(), ("whence.codeLens is 'yes 😀', not a boolean",)),
        ({"diagnosticMode": "all"}, Settings(), ("it can be openFiles or workspace",)),
        ({"codeLenses": True}, Settings(), ("there is no setting whence.codeLenses",)),
        ([1], Settings(), ("a list, not an object",)),
        ("x", Settings(), ("a str, not an object",)),
    ],
)
def test_settings_are_read(raw: Any, expected: Settings, wrong: tuple[str, ...]) -> None:
    """Every shape that clients send is understood, and every mistake has a sentence."""
    check(raw, expected, *wrong)


def test_what_is_not_sent_stays() -> None:
    """A client that sends one setting does not reset the others."""
    assert read({"policy": "p"}, Settings(code_lens=True))[0] == Settings(code_lens=True, policy="p")
