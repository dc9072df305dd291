"""What was found out before: an embedded database in the user's cache folder, never needed, never trusted blindly.

`Cache` is one open cache for one workspace; `again.Again` gives the whole report of a scan again when nothing at all has
changed. Everything is kept under digests of what it rests on; nothing is ever valid for having been kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.cache.opened import Cache

__all__ = ["Cache"]


def __getattr__(name: str) -> Any:
    # A report that is given again needs nothing of what a `Cache` brings with it.
    if name == "Cache":
        from whence.cache.opened import Cache

        return Cache
    raise AttributeError(name)
