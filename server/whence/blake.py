"""blake2b as `hashlib` has it, without what else that loads.

`hashlib` brings OpenSSL with it, which takes longer to load than all else of some quick answers; its blake2b is not
OpenSSL's, but a module of its own, of which only the name is CPython's private matter.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # a Python that was built without it has another
    from hashlib import blake2b

__all__ = ["blake2b"]
