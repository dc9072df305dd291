"""The only module that runs `ssh-keygen`: without a shell, with a time limit, on copies in a private folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from whence.errors import UserError
from whence.quick import dataclass

NAMESPACE = "whence-review"

SIGN_SECONDS = 120
"""A person may have to type a passphrase or to touch a key."""
CHECK_SECONDS = 20
"""A check takes 7 ms; a machine that needs 20 s for it is out of order."""

_KEEP = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
_KEEP_TO_SIGN = (*_KEEP, "HOME", "USERPROFILE", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY",
                 "WAYLAND_DISPLAY", "SSH_SK_PROVIDER", "XDG_RUNTIME_DIR")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys of a workspace. Hashable, so that verdicts can be remembered."""

    allowed: bytes
    revoked: bytes
    path: str
    """PATH, where `ssh-keygen` is looked for."""
    fault: str = ""
    """Why nothing can be checked."""
    listed: str = ""
    """What the list of allowed keys is called."""


def make(content: bytes, key: str, environment: Mapping[str, str]) -> bytes:
    """A signature of `content`, armoured.

    `key` is a private key's file, a public key's file (the agent then signs), or a public key itself, as in git's
    `user.signingKey`. Raises UserError when `ssh-keygen` does not sign.
    """
    with tempfile.TemporaryDirectory(prefix="whence-") as scratch:
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(Path(key).expanduser())]
        literal = key.removeprefix("key::")
        if literal != key or literal.startswith(("ssh-", "ecdsa-", "sk-")):
            public = Path(scratch) / "key.pub"
            public.write_text(literal + "\n", encoding="utf-8")
            command[-1:] = [str(public), "-U"]
        kept = {name: environment[name] for name in _KEEP_TO_SIGN if name in environment}
        code, out, complaint = _run(command, content, kept, SIGN_SECONDS)
    if code != 0 or not out.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise UserError(
            f"ssh-keygen did not sign: {complaint or 'it said nothing'}",
            hint="name the key with --key, or set it: git config user.signingKey ~/.ssh/id_ed25519.pub",
        )
    return out


class NoAnswerError(Exception):
    """`ssh-keygen` could not be asked; `str()` says why."""


@lru_cache(maxsize=8_192)
def passes(content: bytes, signature: bytes, trust: Trust, mail: str, when: date) -> bool:
    """Does `ssh-keygen` accept this signature of this person on that day? Raises NoAnswerError."""
    with tempfile.TemporaryDirectory(prefix="whence-") as scratch:
        folder = Path(scratch)
        (folder / "allowed").write_bytes(trust.allowed)
        (folder / "signature").write_bytes(signature)
        command = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", mail, "-f", str(folder / "allowed"),
                   "-s", str(folder / "signature"), f"-Overify-time={when:%Y%m%d}120000"]  # fmt: skip
        if trust.revoked:
            (folder / "revoked").write_bytes(trust.revoked)
            command += ["-r", str(folder / "revoked")]
        return _answer(command, content, trust.path)


@lru_cache(maxsize=8_192)
def fits(content: bytes, signature: bytes, path: str) -> bool:
    """Does the signature belong to this content, whoever made it? Raises NoAnswerError."""
    with tempfile.TemporaryDirectory(prefix="whence-") as scratch:
        file = Path(scratch) / "signature"
        file.write_bytes(signature)
        command = ["ssh-keygen", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(file)]
        return _answer(command, content, path)


def _answer(command: Sequence[str], content: bytes, path: str) -> bool:
    kept = {name: os.environ[name] for name in _KEEP if name in os.environ} | {"PATH": path}
    try:
        code, _, complaint = _run(command, content, kept, CHECK_SECONDS)
    except UserError as error:
        raise NoAnswerError(error.message) from None
    if "option" in complaint.lower():
        raise NoAnswerError("this ssh-keygen is too old; OpenSSH 8.8 or newer is needed")
    return code == 0


def _run(
    command: Sequence[str], feed: bytes, environment: Mapping[str, str], seconds: int
) -> tuple[int, bytes, str]:
    """Exit status, output, and the first line of complaint. Raises UserError where there is no answer."""
    try:
        done = subprocess.run(
            command,
            input=feed,
            capture_output=True,
            env={**environment, "LC_ALL": "C", "TZ": "UTC"},
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise UserError("ssh-keygen is not installed or not on PATH", hint="install OpenSSH") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"ssh-keygen did not answer within {seconds} seconds") from None
    except OSError as error:
        raise UserError(f"ssh-keygen cannot be run: {error.strerror}") from None
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return done.returncode, done.stdout, lines[-1][:200] if lines else ""
