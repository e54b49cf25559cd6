"""What no file of the project may hold: where packages come from, and where somebody's machine keeps things."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

# Put together here so that this file does not hold them itself.
PACKAGE_SOURCES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "deb" + ".debian.org",
    "--index" + "-url",
    "--extra" + "-index",
)
PERSONAL_PATH = re.compile(r"(?<![\w.~}-])/(?:" + "|".join(("work", "root", "home", "tmp")) + r")/(?!you/)\w")

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def tracked_files() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    texts = {}
    for name in filter(None, listed.split("\0")):
        path = PROJECT / name
        if path.is_file():
            texts[name] = path.read_bytes().decode("utf-8", errors="replace")
    return texts


def requirements(lock: str) -> dict[str, str]:
    text = (PROJECT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def test_no_file_names_a_package_source() -> None:
    found = [
        (name, source) for name, text in tracked_files().items() for source in PACKAGE_SOURCES if source in text
    ]
    assert not found


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [
        (name, match.group()) for name, text in tracked_files().items() if (match := PERSONAL_PATH.search(text))
    ]
    assert not found


def test_no_expression_repeats_a_group_possessively() -> None:
    """Python 3.11.2 (Debian 12) matches too much there, 3.11.5 does not; a possessive character class is right."""
    possessive_group = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")
    sources = {name: text for name, text in tracked_files().items() if re.fullmatch(r"src/.*\.py", name)}
    found = [
        (name, line)
        for name, text in sources.items()
        for line in text.splitlines()
        if possessive_group.search(line)
    ]
    assert sources
    assert not found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_its_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (PROJECT / lock).read_text(), flags=re.MULTILINE)
    assert len([block for block in blocks if block.strip()]) > 10
    for block in filter(str.strip, blocks):
        assert re.match(r"[a-z0-9._-]+==\S+", block), block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_what_is_tested_and_measured_is_what_runs() -> None:
    run, develop, measure = (requirements(lock) for lock in LOCKS)
    assert {name: develop.get(name) for name in run} == run
    shared = run.keys() & measure.keys()
    assert {name: measure[name] for name in shared} == {name: run[name] for name in shared}


def test_the_locks_hold_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]

    def names(asked: list[str]) -> set[str]:
        return {re.split(r"[<>=!~;\[ ]", each)[0].lower() for each in asked}

    extras = project["optional-dependencies"]
    assert names(project["dependencies"] + extras["build"]) <= requirements("requirements.lock").keys()
    assert names(extras["dev"]) <= requirements("requirements-dev.lock").keys()
    assert names(extras["bench"]) <= requirements("requirements-bench.lock").keys()
