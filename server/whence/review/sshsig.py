"""SSH signatures and `allowed_signers` files, read just far enough to say what is wrong with one. Pure.

Whether a signature is good is for `ssh-keygen` to say (`whence.review.signatures`); this module finds the words.
Formats: PROTOCOL.sshsig of OpenSSH (armour, `SSHSIG` blob), ALLOWED SIGNERS in ssh-keygen(1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from whence.quick import dataclass

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_FIELD = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^\s"])+)\s*')
_OPTION = re.compile(r'([a-z-]+)(?:="((?:[^"\\]|\\.)*)")?,?', re.IGNORECASE)
_KEY_TYPE = re.compile(r"(ssh-|ecdsa-|sk-ssh-|sk-ecdsa-|rsa-)[a-z0-9@.-]+")
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?Z?")


class SignatureFormError(Exception):
    """The text is not an SSH signature; `str()` is the rest of a sentence."""


@dataclass(frozen=True, slots=True)
class Armour:
    """What an SSH signature says of itself."""

    key: bytes
    """The public key's blob."""
    namespace: str
    """What the signature is for."""


def fingerprint(key: bytes) -> str:
    """`SHA256:...`, as OpenSSH shows keys."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def read_armour(signature: bytes) -> Armour:
    """Take the armour off. Raises SignatureFormError."""
    try:
        lines = signature.decode("ascii").split()
    except UnicodeDecodeError:
        raise SignatureFormError("is not an SSH signature") from None
    text = " ".join(lines)
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise SignatureFormError("is cut off or not an SSH signature")
    try:
        blob = base64.b64decode("".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureFormError("is damaged") from None
    if not blob.startswith(_MAGIC):
        raise SignatureFormError("is not an SSH signature")
    fields = _strings(blob, len(_MAGIC) + 4)
    try:
        key, namespace = next(fields), next(fields)
        for _ in ("reserved", "hash", "signature"):
            next(fields)
    except StopIteration:
        raise SignatureFormError("is cut off") from None
    return Armour(key, namespace.decode("utf-8", "replace"))


def _strings(blob: bytes, at: int) -> Iterator[bytes]:
    """SSH strings: four bytes of length, then the content; ends early when the blob does."""
    while at + 4 <= len(blob):
        (length,) = struct.unpack_from(">I", blob, at)
        if at + 4 + length > len(blob):
            return
        yield blob[at + 4 : at + 4 + length]
        at += 4 + length


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of an `allowed_signers` file."""

    principals: tuple[str, ...]
    """Patterns on addresses; `!` before one excludes."""
    key: bytes
    namespaces: tuple[str, ...] = ()
    """Empty: all."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def names(self, address: str) -> bool:
        """Is the line about this address?"""
        if any(name.startswith("!") and fnmatchcase(address, name[1:]) for name in self.principals):
            return False
        return any(fnmatchcase(address, name) for name in self.principals)

    def serves(self, namespace: str) -> bool:
        return not self.namespaces or any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


def signers_line(address: str, key: bytes) -> str:
    """What an `allowed_signers` file says of somebody's key: `ann@example.org ssh-ed25519 AAAA...`; empty for no key."""
    kind = next(_strings(key, 0), b"").decode("ascii", "replace")
    return f"{address} {kind} {base64.b64encode(key).decode()}" if _KEY_TYPE.fullmatch(kind) else ""


def read_signers(content: bytes) -> tuple[list[Signer], list[int]]:
    """The signers of an `allowed_signers` file, and the numbers of lines that cannot be read."""
    signers: list[Signer] = []
    broken: list[int] = []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        signer = _signer(line.strip())
        if signer is None:
            broken.append(number)
        else:
            signers.append(signer)
    return signers, broken


def _signer(line: str) -> Signer | None:
    fields = _FIELD.findall(line)
    if len(fields) < 3:
        return None
    options = {}
    at = 1
    if not _KEY_TYPE.fullmatch(fields[1]):
        options = {key.lower(): value for key, value in _OPTION.findall(fields[1])}
        at = 2
    if len(fields) < at + 2 or not _KEY_TYPE.fullmatch(fields[at]):
        return None
    try:
        key = base64.b64decode(fields[at + 1], validate=True)
    except (binascii.Error, ValueError):
        return None
    return Signer(
        tuple(name for name in fields[0].strip('"').split(",") if name),
        key,
        tuple(filter(None, options.get("namespaces", "").split(","))),
        _time(options.get("valid-after", "")),
        _time(options.get("valid-before", "")),
    )


def no_key(revoked: bytes) -> int | None:
    """The number of the first line of a list of revoked keys that is none; ssh-keygen takes every key for revoked then.

    None for a list in order and for OpenSSH's own binary lists (KRL), which ssh-keygen alone reads.
    """
    if revoked.startswith(b"SSHKRL\n\0"):
        return None
    for number, line in enumerate(revoked.decode("utf-8", "replace").splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) < 2 or not _KEY_TYPE.fullmatch(fields[0]) or not _is_base64(fields[1]):
            return number
    return None


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _time(value: str) -> datetime | None:
    """A time of ssh-keygen, read as UTC (which is how we call it)."""
    match = _TIME.fullmatch(value)
    if not match:
        return None
    day, clock, seconds = match[1], match[2] or "0000", match[3] or "00"
    try:
        return datetime.strptime(day + clock + seconds, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
