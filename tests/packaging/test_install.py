"""Whence as people get it: the wheel, the source archive, and the project installed in place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from support.git import Repo

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(sysconfig.get_path("purelib"))
"""Where the test's own environment keeps the dependencies; borrowed, so that nothing is downloaded."""

CODE = '''\
def tide_height(hours, amplitude, phase):
    """Metres above mean sea level."""
    angle = 28.984104 * hours - phase
    return amplitude * cosine_of_degrees(angle)
'''


def call(*command: str | Path, cwd: Path, env: dict[str, str] | None = None, status: int = 0) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, check=False)
    told = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == status, told
    assert "Traceback" not in told
    return done.stdout.decode()


def hook(name: str, source: Path, target: Path) -> Path:
    """Run one hook of the build back end (PEP 517, PEP 660) in a source tree; the file that it made."""
    target.mkdir(exist_ok=True)
    program = f"import sys, hatchling.build as b; print(b.{name}(sys.argv[1]))"
    return target / call(sys.executable, "-c", program, target, cwd=source).split()[-1]


def install(wheel: Path, target: Path) -> Path:
    """A new environment with the wheel and, borrowed, its dependencies; the folder of its programs."""
    venv.create(target, with_pip=False, symlinks=os.name != "nt")
    programs = target / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check"]
    call(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=target)
    site = call(
        programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=target
    )
    # A path in a .pth file does not have its own .pth files read, so the project in place stays out of sight.
    (Path(site.strip()) / "zz_borrowed.pth").write_text(f"{HERE}\n")
    return programs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hook("build_wheel", PROJECT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hook("build_sdist", PROJECT, tmp_path_factory.mktemp("sdist"))


def scan(programs: Path, repo: Repo, elsewhere: Path) -> dict[str, object]:
    """Scan a repository with an installed `whence`, from a folder that is not the repository's."""
    repo.commit("Start", {"whence.toml": POLICY})
    repo.commit("Add tides\n\nCo-Authored-By: Claude <noreply@anthropic.com>", {"models/tides.py": CODE})
    elsewhere.mkdir()
    command = [programs / "whence", "scan", "--root", repo.path, "--format", "json"]
    report = json.loads(call(*command, cwd=elsewhere, env=repo.environment, status=1))
    assert isinstance(report, dict)
    return report


POLICY = """\
version = 1
[[scope]]
name = "models"
paths = ["models/**"]
[[scope.rule]]
tools = ["vendor:anthropic"]
require = "forbid"
because = "a test"
"""


def check(report: dict[str, object]) -> None:
    """The grammar was found (the function has its name), the registry too (the tool has its vendor)."""
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [(f["code"], f["region"]["name"], f["vendor"]) for f in findings] == [
        ("tool-forbidden", "tide_height", "anthropic")
    ]


def test_the_wheel_scans_in_a_clean_environment(wheel: Path, repo: Repo, tmp_path: Path) -> None:
    """Installed from the wheel, the command finds its grammars, schemas and registry, wherever it is called."""
    programs = install(wheel, tmp_path / "venv")
    where = call(programs / "python", "-c", "import whence; print(whence.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")
    check(scan(programs, repo, tmp_path / "elsewhere"))


def test_the_wheel_holds_data_and_nothing_of_the_tests(wheel: Path) -> None:
    """Grammars, registry, schemas and the typing mark come along; tests, demo and caches do not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "whence/_grammars/python/language.toml",
        "whence/tools.toml",
        "whence/schemas/scan.schema.json",
        "whence/schemas/blame.schema.json",
        "whence/schemas/policy.schema.json",
        "whence/py.typed",
    ):
        assert wanted in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"whence", next(name for name in tops if name.endswith(".dist-info"))}
    assert not [name for name in names if "__pycache__" in name]


def test_the_source_archive_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """What is in the archive is enough to build the package again, file for file."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    again = hook("build_wheel", source, tmp_path / "wheel")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_source_archive_holds_what_a_developer_needs(sdist: Path) -> None:
    """Tests, demo, documents and the Makefile are in it; environments and build products are not."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in (
        "Makefile",
        "requirements-dev.txt",
        "README.md",
        "demo/run.py",
        "tests/conftest.py",
        "LICENSE",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith((".venv", "demo/out", "dist", ".cache"))]


def test_the_project_installed_in_place_scans(repo: Repo, tmp_path: Path) -> None:
    """An editable install reads the source tree, grammars included."""
    programs = install(hook("build_editable", PROJECT, tmp_path / "editable"), tmp_path / "venv")
    where = call(programs / "python", "-c", "import whence; print(whence.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(PROJECT / "server")
    check(scan(programs, repo, tmp_path / "elsewhere"))
