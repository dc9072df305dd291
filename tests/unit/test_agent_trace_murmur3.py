"""MurmurHash3 against its published values."""

from __future__ import annotations

import struct

import pytest

from whence.evidence.murmur3 import murmur3_32, murmur3_x64_128


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        ("", 0, 0),
        ("", 1, 0x514E28B7),
        ("test", 0, 0xBA6BD213),
        ("Hello, world!", 0, 0xC0363E43),
        ("The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
    ],
)
def test_the_32_bit_variant(text: str, seed: int, expected: int) -> None:
    """Values that other implementations publish."""
    assert murmur3_32(text.encode(), seed) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "0" * 32),
        ("hello", "cbd8a7b341bd9b025b1e906a48ae1d19"),
        ("hello, world", "342fac623a5ebc8e4cdcbc079642414d"),
        ("19 Jan 2038 at 3:14:07 AM", "b89e5988b737affc664fc2950231b2cb"),
        ("The quick brown fox jumps over the lazy dog.", "cd99481f9ee902c9695da1a38987b6e7"),
    ],
)
def test_the_128_bit_variant(text: str, expected: str) -> None:
    """Values that other implementations publish."""
    assert f"{murmur3_x64_128(text.encode()):032x}" == expected


def test_the_reference_verification_values() -> None:
    """The check value of the hash's own test suite: every length from 0 to 255 with as many seeds."""

    keys = [bytes(range(length)) for length in range(256)]
    small = b"".join(struct.pack("<I", murmur3_32(key, 256 - len(key))) for key in keys)
    assert murmur3_32(small) == 0xB0F57EE3

    def packed(data: bytes, seed: int) -> bytes:
        number = murmur3_x64_128(data, seed)
        return struct.pack("<QQ", number >> 64, number & 0xFFFFFFFFFFFFFFFF)

    large = b"".join(packed(key, 256 - len(key)) for key in keys)
    assert struct.unpack("<I", packed(large, 0)[:4])[0] == 0x6384BA69
