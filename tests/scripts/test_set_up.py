"""The set-up script: what it says when something cannot be had, and that it does nothing twice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

# What the script itself calls; nothing else is on the PATH of these tests.
TOOLS = """
    bash cat chmod cut df dirname env flock grep head mkdir printf readlink rm sed sha256sum tail tee tput tr
"""


class Machine:
    """A checkout on a machine that has only the programs named, some of them replaced by what a test wants."""

    def __init__(self, directory: Path) -> None:
        self.checkout = directory / "checkout"
        self.programs = directory / "bin"
        self.programs.mkdir()
        self.system_python = directory / "system" / "python3"
        (self.checkout / "scripts").mkdir(parents=True)
        shutil.copy(PROJECT / "scripts" / "set-up", self.checkout / "scripts")
        for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-bench.lock"):
            shutil.copy(PROJECT / name, self.checkout)
        for tool in TOOLS.split():
            if found := shutil.which(tool):
                (self.programs / tool).symlink_to(found)

    def program(self, name: str, script: str) -> None:
        self.write(self.programs / name, script)

    def write(self, path: Path, script: str) -> None:
        # Never through a link: the other end is the real program of the machine these tests run on.
        path.unlink(missing_ok=True)
        with path.open("x") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def set_up(self, purpose: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / "bash"), str(self.checkout / "scripts" / "set-up"), purpose],
            env={
                "PATH": str(self.programs),
                "SYSTEM_PYTHON": str(self.system_python),
                "TERM": "dumb",
                "HOME": str(self.checkout),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_purpose_nobody_knows_is_refused(machine: Machine) -> None:
    done = machine.set_up("fly")
    assert done.returncode == 2
    assert "run|test|bench" in done.stderr


def test_without_root_and_without_sudo_the_packages_and_the_command_are_named(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", "exit 99")
    done = machine.set_up("test")
    assert done.returncode == 1
    assert "only root can install them" in done.stderr
    assert "apt-get install --no-install-recommends sip-tester baresip" in done.stderr
    assert "python3-venv" in done.stderr


def test_sudo_that_would_have_to_ask_where_nobody_answers_stops(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", "exit 99")
    machine.program("sudo", "exit 1")
    done = machine.set_up("run")
    assert done.returncode == 1
    assert "no terminal to ask on" in done.stderr
    assert "python3 python3-venv" in done.stderr


def test_a_system_without_apt_is_told_what_is_missing(machine: Machine) -> None:
    done = machine.set_up("run")
    assert done.returncode == 1
    assert "no apt-get" in done.stderr
    assert "python3 python3-venv" in done.stderr


@pytest.mark.parametrize(
    ("complaint", "cause"),
    [
        ("E: Temporary failure resolving", "is this machine online?"),
        ("E: You don't have enough free space: No space left on device", "the disk is full"),
        ("E: Unable to locate package sip-tester", "package sources do not have it"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "another package installation is running"),
    ],
)
def test_a_failing_installation_says_why_and_what_to_do(machine: Machine, complaint: str, cause: str) -> None:
    machine.program("id", "echo 1000")
    # Of all that would be done with root's rights only apt-get is run, and that is ours.
    machine.program("sudo", 'case "$*" in *apt-get*) shift 2; exec "$@" ;; *" tee "*) cat ;; esac')
    machine.program("apt-get", f'echo "{complaint}"; exit 100')
    done = machine.set_up("run")
    assert done.returncode == 1, done.stdout
    assert cause in done.stderr
    assert "By hand: apt-get install" in done.stderr
    assert "Ready" not in done.stdout


@pytest.mark.parametrize(("can", "used"), [("exit 0", "3.11.2"), ("exit 1", "3.13.0")])
def test_the_systems_own_python_comes_first_where_it_will_do(machine: Machine, can: str, used: str) -> None:
    machine.system_python.parent.mkdir()
    machine.write(machine.system_python, f'case "$1" in --version) echo Python 3.11.2 ;; *) {can} ;; esac')
    machine.program("python3", 'case "$1" in --version) echo Python 3.13.0 ;; esac; exit 0')
    done = machine.set_up("run")
    assert f"Virtual environment in .venv, Python {used}" in done.stdout


def test_the_second_time_nothing_is_done_and_nothing_said(machine: Machine) -> None:
    python = machine.checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    counter = machine.checkout / "calls"
    machine.program("python3", 'case "$1" in --version) echo Python 3.11 ;; esac; exit 0')
    python.write_text(f'#!/bin/sh\necho "$*" >>"{counter}"\n')
    python.chmod(0o755)

    first = machine.set_up("run")
    assert first.returncode == 0, first.stderr
    assert "Ready." in first.stdout
    calls = counter.read_text()
    assert "--require-hashes" in calls
    assert "--no-deps" in calls

    second = machine.set_up("run")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert counter.read_text() == calls

    (machine.checkout / "requirements.lock").write_text("changed==1.0\n")
    third = machine.set_up("run")
    assert "Ready." in third.stdout
    assert counter.read_text() != calls
