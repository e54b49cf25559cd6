"""The words of a boot: where it stands, what can happen to it, and what it orders its shell to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringward.phone.configuration import Configuration


class State(Enum):
    """Where a boot stands."""

    OFF = "off"
    ASKING_TRUST_LIST = "asks for its trust list"
    ASKING_IDENTITY_LIST = "asks for its identity trust list"
    ASKING_CONFIGURATION = "asks for its configuration"
    ASKING_ENCRYPTED = "asks for its encrypted configuration"
    ENROLLING = "waits for a certificate operation"
    ASKING_DEFAULT = "asks for the default configuration"
    PAUSING = "waits before it asks again"
    CONFIGURED = "has its configuration"


class Input(Enum):
    """What can happen to a boot."""

    START = "power"
    FOUND = "file"
    MISSING = "not found"
    SILENCE = "no answer"
    DUE = "pause over"
    ENROLLED = "certificate operation done"
    NOT_ENROLLED = "certificate operation failed"


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask ``server`` for a file; tell the outcome by ``Boot.found``, ``missing`` or ``silent``."""

    server: str
    name: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; then call ``Boot.due``. ``reason`` says why the last hunt came to nothing."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """Go to CAPF, since the file cannot be had or read with the present certificate (CFGENC-23, CFGENC-29).

    Then call ``Boot.enrolled`` or ``Boot.not_enrolled``.
    """

    reason: str
    capf: tuple[tuple[str, int], ...]
    """Host and port of each CAPF server that the file names."""


@dataclass(frozen=True, slots=True)
class Booted:
    """The hunt is over."""

    configuration: Configuration
    file: str
    """Name of the file that the configuration was read from."""
    server: str
    kept: bool = False
    """Whether it is the one the phone had, since the file that came was refused."""


Order = Fetch | Pause | Enrol | Booted
