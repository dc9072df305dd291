"""Scan a workspace in this process, with the cache of its own home and without any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from support.git import Repo
from whence import engine, workspace
from whence.cache import Cache
from whence.cache.between import touching
from whence.model import FileResult, ScanResult
from whence.repo import Repository


def opened(root: Path, environment: Mapping[str, str]) -> Cache:
    """The cache of a workspace."""
    cache = Cache.open(root, Repository.open(root, environment), environment)
    assert cache is not None
    return cache


def cold(repo: Repo, root: Path | None = None, **options: object) -> ScanResult:
    """A scan that works everything out anew."""
    snapshot = engine.prepare(root or repo.path, environment=repo.environment)
    return workspace.scan(snapshot, workspace.Options(jobs=1, **options))  # type: ignore[arg-type]


def warm(repo: Repo, root: Path | None = None, **options: object) -> ScanResult:
    """A scan that uses what earlier ones kept, and keeps what it finds out."""
    root = root or repo.path
    cache = opened(root, repo.environment)
    try:
        snapshot = engine.prepare(root, environment=repo.environment, cache=cache)
        return workspace.scan(snapshot, workspace.Options(jobs=1, **options), cache=cache)  # type: ignore[arg-type]
    finally:
        cache.close()


def known(repo: Repo, root: Path | None = None) -> dict[str, FileResult]:
    """The results that the cache has for the files as they are now, without working any out."""
    root = root or repo.path
    cache = opened(root, repo.environment)
    try:
        snapshot = engine.prepare(root, environment=repo.environment, cache=cache)
        ground = workspace.ground_of(snapshot, cache)
        paths = workspace.files.discover(root, snapshot.repository)
        assert ground is not None
        ways = (
            (touching(snapshot.repository, snapshot.head),) if snapshot.repository and snapshot.head else ()
        )
        return ground.results(cache.database, cache.contents.digests(paths), None, *ways)
    finally:
        cache.close()


def database_of(repo: Repo) -> Path:
    """The only cache file in a repository's own home."""
    (file,) = (repo.home / ".cache" / "whence").glob("*.sqlite")
    return file
