"""Is the house in order? What holds for every file, whatever its room."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BINARY = {".png", ".xz", ".ico", ".woff2", ".gz", ".mo"}

# A file that a person has to read whole before changing it, and that every clone carries for ever.
LARGEST_BYTES = 2 * 1024 * 1024

# Beyond it a file has more than one subject (CONTRIBUTING.md asks why from 250 lines on).
MOST_LINES = 400
# Two vocabularies that every room speaks, a file a subject behind one name (decision 0003).
DOORS = {"store/records/__init__.py", "store/tables/__init__.py"}
# Looked up rather than read, and each the list of one version's tables.
DICTIONARIES = {
    "store/migrations/versions/0001_first_tables.py",
    "store/migrations/versions/0002_second_tables.py",
}
NO_SUBJECT = {"utils", "util", "helpers", "common", "manager", "service", "misc"}

# Fixed by the owner; the second line is ours.
TOP_LEVEL = {
    "plugin", "widget", "connectors", "scheduler", "tests", "wsgi.py", "requirements.txt",
    "README.md", "store", "recommenders", "experiments", "demo", "deploy", "docs",
}  # fmt: skip
PACKAGES = ("store", "connectors", "recommenders", "experiments", "scheduler", "widget", "plugin")


@cache
def tracked() -> tuple[Path, ...]:
    """The files that a commit holds; where there is no git (an archive), every file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return tuple(
            p for p in (ROOT / name for name in listed.stdout.split("\0") if name) if p.is_file()
        )
    ignored = {".venv", "node_modules", "instance", "build", ".git", "__pycache__"}
    return tuple(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not ignored.intersection(path.relative_to(ROOT).parts)
    )


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# A folder of somebody's machine, or the address from which a package was once fetched.
# (npm writes addresses into its lock unless told not to: widget/.npmrc tells it.)
MACHINE = re.compile(
    r"(?<![\w.])/(?:home|root|Users|work|mnt|srv)/[\w.\-]+"
    r"|(?:index|extra-index|find-links)[_-]?(?:url)?\s*=\s*\S*://"
    r"|--(?:extra-)?index-url|--find-links"
    r"|^\s*registry\s*=\s*https?://"
    r'|"resolved":\s*"',
    re.M,
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    faults = []
    for path in tracked():
        if path.suffix not in BINARY and path != Path(__file__):
            found = MACHINE.search(path.read_bytes().decode("utf-8", "replace"))
            if found:
                faults.append(f"{relative(path)}: {found[0]}")
    assert not faults


def test_no_file_is_too_large_to_carry() -> None:
    assert not [relative(p) for p in tracked() if p.stat().st_size > LARGEST_BYTES]


def test_each_python_file_says_what_it_is_for() -> None:
    silent = [
        relative(path)
        for path in python_files()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_a_package_is_its_docstring_and_nothing_else() -> None:
    full = [
        relative(path)
        for path in python_files()
        if path.name == "__init__.py" and len(ast.parse(path.read_text("utf-8")).body) != 1
    ]
    assert set(full) == DOORS


def test_a_door_only_hands_on_names() -> None:
    for door in DOORS:
        told, *rest = ast.parse(Path(door).read_text("utf-8")).body
        assert isinstance(told, ast.Expr)
        *imports, names = rest
        assert all(isinstance(node, ast.ImportFrom) for node in imports)
        assert isinstance(names, ast.Assign)


def test_a_file_of_a_room_has_one_subject() -> None:
    ours = [path for path in python_files() if relative(path).split("/")[0] in PACKAGES]
    assert not [relative(path) for path in ours if path.stem in NO_SUBJECT]
    long = {relative(p) for p in ours if len(p.read_text("utf-8").splitlines()) > MOST_LINES}
    assert long <= DICTIONARIES


def test_the_top_level_holds_what_the_owner_fixed_and_no_other_room() -> None:
    there = {relative(path).split("/")[0] for path in tracked()}
    assert there >= TOP_LEVEL
    folders = {name for name in there if (ROOT / name).is_dir() and not name.startswith(".")}
    assert folders <= TOP_LEVEL, "a new top-level folder needs a page in docs/decisions/"


def test_each_requirement_is_pinned_and_hashed() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text(encoding="utf-8")
        assert text.strip(), f"{path.name} is empty"
        for entry in re.split(r"\n(?=\S)", text.strip()):
            if entry.startswith("#"):
                continue
            assert re.match(r"[\w.\-\[\]]+==\S+", entry), f"{path.name}: {entry[:60]}"
            assert "--hash=sha256:" in entry, f"{path.name}: {entry[:60]}"


def test_each_wanted_package_is_pinned() -> None:
    for path in ROOT.glob("requirements*.in"):
        pinned = re.findall(r"^([\w.\-]+)", path.with_suffix(".txt").read_text(), re.M)
        names = {name.lower().replace("_", "-") for name in pinned}
        for wanted in re.findall(r"^([A-Za-z][\w.\-]*)", path.read_text(), re.M):
            assert wanted.lower() in names, f"{path.name} asks for {wanted}; `make requirements`"


def test_ci_leaves_nothing_out() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK), ".ci/run is not executable"
    assert re.search(r"^make test STRICT=1$", run.read_text(), re.M)


def test_what_is_not_ours_says_whose_it_is() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for named in ("Online Retail", "CC BY 4.0", "Pico CSS", "WooCommerce"):
        assert named in notice
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
