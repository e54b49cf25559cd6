"""How a phone finds its configuration: the files it asks for, in which order, and what it makes of the answers.

A table of (state, input) to (action, next state) for each family of models; the shell that fetches files is
:mod:`ringward.phone.retrieval`. The order is the guide's: trust list, the phone's own file, the default file
(PHONE-01). While it has no configuration a phone never gives up; it asks again, more and more rarely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ringward.phone.configuration import Configuration, UnusableConfiguration
from ringward.phone.flat_configuration import read_flat
from ringward.phone.identity import FileFamily, Identity
from ringward.phone.xml_configuration import read_xml

FIRST_PAUSE = 5.0
"""Seconds before the hunt begins again; doubles each time."""
LONGEST_PAUSE = 160.0
"""Seconds at which doubling stops, so that a phone is back within minutes of its server."""

XML_DEFAULT = "XMLDefault.cnf.xml"
FLAT_DEFAULT = "SIPDefault.cnf"


class State(Enum):
    """Where a boot stands."""

    OFF = "off"
    ASKING_TRUST_LIST = "asks for its trust list"
    ASKING_CONFIGURATION = "asks for its configuration"
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


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask ``server`` for a file; tell the outcome by :meth:`Boot.found`, :meth:`~Boot.missing` or ``silent``."""

    server: str
    name: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; then call :meth:`Boot.due`. ``reason`` says why the last hunt came to nothing."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Booted:
    """The hunt is over."""

    configuration: Configuration
    file: str
    """Name of the file that the configuration was read from."""
    server: str


Order = Fetch | Pause | Booted


class Boot:
    """One boot of one phone. Each method returns what to do next."""

    def __init__(self, identity: Identity, servers: tuple[str, ...], before: Configuration | None = None) -> None:
        """``servers`` are file servers in order; ``before`` is the configuration in flash, if any (PHONE-13)."""
        if not servers:
            raise ValueError("a phone needs at least one file server")
        self._identity = identity
        self._servers = servers
        self._server = 0
        self._before = before
        self._pause = FIRST_PAUSE
        self._default = b""
        self._file = ""
        self._reason = ""
        self._table = _FLAT_TABLE if identity.file_family is FileFamily.FLAT else _XML_TABLE
        self.state = State.OFF
        self.log: list[str] = []
        """What was asked and what came of it, for people."""

    def start(self) -> Order:
        """Power on."""
        return self._step(Input.START)

    def found(self, data: bytes) -> Order:
        """The file came."""
        self._note(f"{len(data)} octets")
        return self._step(Input.FOUND, data)

    def missing(self) -> Order:
        """The server has no such file."""
        self._note("not found")
        self._reason = f"{self._file} not found on {self._servers[self._server]}"
        return self._step(Input.MISSING)

    def silent(self, reason: str) -> Order:
        """The server did not answer, or broke off."""
        self._note(reason)
        self._reason = f"{self._servers[self._server]}: {reason}"
        return self._step(Input.SILENCE)

    def due(self) -> Order:
        """The pause is over."""
        return self._step(Input.DUE)

    def _step(self, what: Input, data: bytes = b"") -> Order:
        entry = self._table.get((self.state, what))
        if entry is None:
            raise RuntimeError(f"a boot that {self.state.value} does not expect: {what.value}")
        action, self.state = entry
        return action(self, data)

    def _note(self, outcome: str) -> None:
        self.log.append(f"{self._file} from {self._servers[self._server]}: {outcome}")

    # -- actions ------------------------------------------------------------------------------------------

    def _ask(self, name: str) -> Fetch:
        self._file = name
        return Fetch(self._servers[self._server], name)

    def _ask_trust_list(self, _: bytes) -> Order:
        return self._ask(f"CTL{self._identity.device_name}.tlv")

    def _ask_configuration(self, _: bytes) -> Order:
        if self._identity.file_family is FileFamily.FLAT:
            return self._ask(f"SIP{self._identity.mac}.cnf")
        return self._ask(f"{self._identity.device_name}.cnf.xml")

    def _pass_over_trust_list(self, data: bytes) -> Order:
        self.log.append("trust list not used: this phone holds no certificate, so it stays nonsecure (PHONE-02)")
        return self._ask_configuration(data)

    def _ask_default(self, _: bytes) -> Order:
        return self._ask(FLAT_DEFAULT if self._identity.file_family is FileFamily.FLAT else XML_DEFAULT)

    def _keep_default(self, data: bytes) -> Order:
        self._default = data
        return self._ask_configuration(b"")

    def _read_own(self, data: bytes) -> Order:
        if self._identity.file_family is FileFamily.FLAT:
            return self._read(lambda: read_flat(data, self._default))
        return self._read(lambda: read_xml(data))

    def _read_default(self, data: bytes) -> Order:
        return self._read(lambda: read_xml(data))

    def _read_kept_default(self, _: bytes) -> Order:
        return self._read(lambda: read_flat(self._default))

    def _read(self, read: Callable[[], Configuration]) -> Order:
        try:
            configuration = read().keeping_credentials(self._before)
        except UnusableConfiguration as error:
            self.log.append(f"{self._file} not used: {error}")
            self._reason = f"{self._file}: {error}"
            self.state = State.PAUSING
            return self._wait(b"")
        return Booted(configuration, self._file, self._servers[self._server])

    def _next_server(self, _: bytes) -> Order:
        """Ask the next file server from the beginning, or pause when all were asked."""
        self._default = b""
        if self._server + 1 < len(self._servers):
            self._server += 1
            self.state = State.ASKING_TRUST_LIST
            return self._ask_trust_list(b"")
        return self._wait(b"")

    def _wait(self, _: bytes) -> Order:
        self._server = 0
        self._default = b""
        seconds, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return Pause(seconds, self._reason)


_Table = dict[tuple[State, Input], tuple[Callable[[Boot, bytes], Order], State]]

_COMMON: _Table = {
    (State.OFF, Input.START): (Boot._ask_trust_list, State.ASKING_TRUST_LIST),
    (State.PAUSING, Input.DUE): (Boot._ask_trust_list, State.ASKING_TRUST_LIST),
    (State.ASKING_TRUST_LIST, Input.SILENCE): (Boot._next_server, State.PAUSING),
    (State.ASKING_CONFIGURATION, Input.SILENCE): (Boot._next_server, State.PAUSING),
    (State.ASKING_DEFAULT, Input.SILENCE): (Boot._next_server, State.PAUSING),
    (State.ASKING_CONFIGURATION, Input.FOUND): (Boot._read_own, State.CONFIGURED),
}
_XML_TABLE: _Table = _COMMON | {
    (State.ASKING_TRUST_LIST, Input.MISSING): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.ASKING_TRUST_LIST, Input.FOUND): (Boot._pass_over_trust_list, State.ASKING_CONFIGURATION),
    (State.ASKING_CONFIGURATION, Input.MISSING): (Boot._ask_default, State.ASKING_DEFAULT),
    (State.ASKING_DEFAULT, Input.FOUND): (Boot._read_default, State.CONFIGURED),
    (State.ASKING_DEFAULT, Input.MISSING): (Boot._wait, State.PAUSING),
}
_FLAT_TABLE: _Table = _COMMON | {
    (State.ASKING_TRUST_LIST, Input.MISSING): (Boot._ask_default, State.ASKING_DEFAULT),
    (State.ASKING_TRUST_LIST, Input.FOUND): (Boot._ask_default, State.ASKING_DEFAULT),
    (State.ASKING_DEFAULT, Input.FOUND): (Boot._keep_default, State.ASKING_CONFIGURATION),
    (State.ASKING_DEFAULT, Input.MISSING): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.ASKING_CONFIGURATION, Input.MISSING): (Boot._read_kept_default, State.CONFIGURED),
}
"""The flat default file comes first, since the device's own file is read over it."""
