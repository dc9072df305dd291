"""MurmurHash3 (Austin Appleby, public domain), the two variants that Agent Trace records are seen to use.

Not a hash to trust against an adversary: it says that text is where a record put it, no more.
"""

from __future__ import annotations

import struct

_32 = 0xFFFFFFFF
_64 = 0xFFFFFFFFFFFFFFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """The x86 32-bit variant."""
    whole = len(data) & ~3
    h = seed
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        k = k * 0xCC9E2D51 & _32
        h ^= (k << 15 & _32 | k >> 17) * 0x1B873593 & _32
        h = (h << 13 & _32 | h >> 19) * 5 + 0xE6546B64 & _32
    if len(data) > whole:
        k = int.from_bytes(data[whole:], "little") * 0xCC9E2D51 & _32
        h ^= (k << 15 & _32 | k >> 17) * 0x1B873593 & _32
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & _32
    h = (h ^ h >> 13) * 0xC2B2AE35 & _32
    return h ^ h >> 16


_C1 = 0x87C37B91114253D5
_C2 = 0x4CF5AD432745937F


def murmur3_x64_128(data: bytes, seed: int = 0) -> int:
    """The x64 128-bit variant, its first word in the upper half (as `%032x` prints it)."""
    whole = len(data) & ~15
    h1 = h2 = seed
    for k1, k2 in struct.iter_unpack("<QQ", data[:whole]):
        k1 = k1 * _C1 & _64
        h1 ^= (k1 << 31 & _64 | k1 >> 33) * _C2 & _64
        h1 = (h1 << 27 & _64 | h1 >> 37) + h2
        h1 = h1 * 5 + 0x52DCE729 & _64
        k2 = k2 * _C2 & _64
        h2 ^= (k2 << 33 & _64 | k2 >> 31) * _C1 & _64
        h2 = (h2 << 31 & _64 | h2 >> 33) + h1
        h2 = h2 * 5 + 0x38495AB5 & _64
    k1 = int.from_bytes(data[whole : whole + 8], "little") * _C1 & _64
    h1 ^= (k1 << 31 & _64 | k1 >> 33) * _C2 & _64
    k2 = int.from_bytes(data[whole + 8 :], "little") * _C2 & _64
    h2 ^= (k2 << 33 & _64 | k2 >> 31) * _C1 & _64
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = h1 + h2 & _64
    h2 = h2 + h1 & _64
    h1, h2 = _mix(h1), _mix(h2)
    h1 = h1 + h2 & _64
    return h1 << 64 | h2 + h1 & _64


def _mix(k: int) -> int:
    k = (k ^ k >> 33) * 0xFF51AFD7ED558CCD & _64
    k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53 & _64
    return k ^ k >> 33
