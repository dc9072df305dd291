"""Files that git keeps in another form than the one that they have in the work tree.

Git LFS keeps a pointer to a file's content, git-crypt what is encrypted, and any program that `filter` in .gitattributes
names some other text. What git knows is then of other lines than those in the file. No such program is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from whence import files
from whence.linemap import line_map
from whence.model import EvidenceClass, NotMeasured
from whence.repo import GitError, Repository
from whence.text import MAX_TEXT_BYTES, POINTER_BYTES, blob_id, decode, is_binary, is_pointer, split

POINTER_LINES = 8
"""Lines of a pointer at most, as they come: three, and some for extensions."""

_AT_ONCE = 64
"""Blobs that are read together."""

_EXCLUDE = "exclude it in the policy if nobody's lines are in it"

_NO_TEXT = frozenset(
    [
        "7z",
        "a",
        "ai",
        "aif",
        "avi",
        "avif",
        "bin",
        "blend",
        "bmp",
        "bz2",
        "ckpt",
        "dll",
        "dmg",
        "dylib",
        "eot",
        "exe",
        "exr",
        "fbx",
        "feather",
        "flac",
        "gguf",
        "gif",
        "glb",
        "gz",
        "h5",
        "hdf5",
        "hdr",
        "icns",
        "ico",
        "iso",
        "jar",
        "jpeg",
        "jpg",
        "m4a",
        "mkv",
        "mov",
        "mp3",
        "mp4",
        "npy",
        "npz",
        "o",
        "ogg",
        "onnx",
        "otf",
        "parquet",
        "pdf",
        "pickle",
        "pkl",
        "png",
        "psb",
        "psd",
        "pt",
        "pth",
        "rar",
        "safetensors",
        "so",
        "tar",
        "tflite",
        "tfrecord",
        "tga",
        "tif",
        "tiff",
        "ttf",
        "uasset",
        "wasm",
        "wav",
        "webm",
        "webp",
        "whl",
        "woff",
        "woff2",
        "xz",
        "zip",
        "zst",
    ]
)
"""Kinds of files in which nobody writes lines, wherever their content is."""


def unaligned(
    root: Path,
    repository: Repository | None,
    survey: files.Survey,
    blobs: Mapping[str, str],
    head_paths: Mapping[str, str | None],
) -> Iterator[NotMeasured]:
    """The files whose text is not the one that git knows the lines of. Of pointers `pointers` speaks."""
    if repository is None or not survey.filtered:
        return
    at_head = {path: head_paths.get(path, path) for path in survey.paths if path in survey.filtered}
    names = {path: blobs[name] for path, name in at_head.items() if name is not None and name in blobs}
    try:
        sizes = dict(zip(names, repository.sizes(names.values()), strict=True))
        small = [path for path in names if (sizes[path] or 0) < POINTER_BYTES]
        large = [path for path in names if POINTER_BYTES <= (sizes[path] or 0) <= MAX_TEXT_BYTES]
        for some in (small, *(large[at : at + _AT_ONCE] for at in range(0, len(large), _AT_ONCE))):
            for path, kept in zip(some, repository.blobs(names[path] for path in some), strict=True):
                if kept is not None and not is_pointer(kept) and _differs(root, path, names[path], kept):
                    why = "git keeps it in another form than the work tree has (`filter` in .gitattributes)"
                    yield NotMeasured("git-history", why, path, _EXCLUDE, EvidenceClass.DECLARED)
    except GitError as error:
        yield NotMeasured("git-history", str(error), evidence_class=EvidenceClass.DECLARED)


def _differs(root: Path, path: str, blob: str, kept: bytes) -> bool:
    """Whether a file is not what git keeps, nor that with some edits: fewer than half of the lines are there."""
    data = files.read(root, path).data
    if data is None or blob_id(data, len(blob)) == blob:
        return False
    if is_binary(kept):
        return True
    old = [line for line in split(decode(kept)) if line.strip()]
    new = [line for line in split(decode(data)) if line.strip()]
    return 2 * sum(map(bool, line_map(old, new))) < min(len(old), len(new))


def pointers(repository: Repository, head: str, found: Mapping[str, int]) -> Iterator[str]:
    """Those of some files, by repository path with a line that each has at HEAD, that are pointers there. Raises GitError."""
    short = [path for path, line in found.items() if line <= POINTER_LINES]
    if not short:
        return
    names = [f"{head}:{path}" for path in short]
    sizes = dict(zip(short, repository.sizes(names), strict=True))
    small = [path for path in short if (sizes[path] or MAX_TEXT_BYTES) < POINTER_BYTES]
    for path, data in zip(small, repository.blobs(f"{head}:{path}" for path in small), strict=True):
        if data is not None and is_pointer(data):
            yield path


def unseen(path: str) -> tuple[NotMeasured, ...]:
    """What is to be said of a pointer in the workspace that a commit which declares a tool changed last."""
    if path.rpartition(".")[2].lower() in _NO_TEXT:
        return ()
    why = "its content is in Git LFS, and a commit that declares a tool changed it last"
    return (NotMeasured("git-history", why, path, _EXCLUDE, EvidenceClass.DECLARED),)
