"""How a phone finds its configuration: the files it asks for, in which order, and what it makes of the answers.

A table of (state, input) to (action, next state) for each family of models; the shell that fetches files is
:mod:`ringward.phone.retrieval`. The order is the guide's: trust list, the phone's own file, the default file
(PHONE-01). In which form a file is asked for and whether it is taken decides :mod:`ringward.phone.file_security`.
While it has no configuration a phone never gives up; it asks again, more and more rarely. A file that is refused
changes nothing for a phone that has one: it goes on with that (PHONE-16).
"""

from __future__ import annotations

from collections.abc import Callable

from ringward.domain.phone_models import capability_of
from ringward.domain.rules.configuration_encryption import encrypted_file_name
from ringward.domain.vocabulary import Protocol
from ringward.files.envelope import Fault, RefusedFile
from ringward.files.file_names import FileForm
from ringward.files.ld_profile import profile_name
from ringward.files.trust_list import TrustListKind
from ringward.phone.boot_orders import Booted, Enrol, Fetch, Input, Order, Pause, State
from ringward.phone.configuration import Configuration, UnusableConfiguration
from ringward.phone.file_security import FileSecurity
from ringward.phone.flash import Item
from ringward.phone.flat_configuration import read_flat
from ringward.phone.identity import FileFamily, Identity
from ringward.phone.profile_configuration import read_profile
from ringward.phone.xml_configuration import FileFlags, read_flags, read_xml

FIRST_PAUSE = 5.0
"""Seconds before the hunt begins again; doubles each time."""
LONGEST_PAUSE = 160.0
"""Seconds at which doubling stops, so that a phone is back within minutes of its server."""

MAX_ENROLMENTS = 1
"""Certificate operations in one boot; what the first does not mend, a second does not either."""

XML_DEFAULT = "XMLDefault.cnf.xml"
FLAT_DEFAULT = "SIPDefault.cnf"


class Boot:
    """One boot of one phone. Each method returns what to do next."""

    def __init__(
        self,
        identity: Identity,
        servers: tuple[str, ...],
        before: Configuration | None = None,
        security: FileSecurity | None = None,
        *,
        identity_list: bool = False,
    ) -> None:
        """``servers`` are file servers in order, as ``host:port``; ``before`` is the configuration in force.

        ``security`` holds the phone's flash (PHONE-13); ``identity_list`` says that its firmware knows the ITL.
        """
        if not servers:
            raise ValueError("a phone needs at least one file server")
        self._identity = identity
        self._servers = servers
        self._server = 0
        self._security = security or FileSecurity()
        self._identity_list = identity_list
        is_own = before is not None and not before.is_default
        self._before = before if is_own else self._configuration_in_flash()
        self._pause = FIRST_PAUSE
        self._default = b""
        self._file = ""
        self._reason = ""
        self._asked_encrypted = False
        self._enrolments = 0
        self._table = _TABLES[identity.file_family]
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

    def enrolled(self) -> Order:
        """The certificate operation is done; the certificate may be a new one."""
        return self._step(Input.ENROLLED)

    def not_enrolled(self, reason: str) -> Order:
        """There was no certificate operation, or it failed."""
        self.log.append(f"certificate operation: {reason}")
        self._reason = reason
        return self._step(Input.NOT_ENROLLED)

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
        self._asked_encrypted = False
        if not self._server_is_trusted():
            return self._next_server(b"")
        return self._ask(f"CTL{self._identity.device_name}.tlv")

    def _server_is_trusted(self) -> bool:
        server = self._servers[self._server]
        if self._security.trust.takes_files_from(server.rpartition(":")[0].strip("[]") or server):
            return True
        self._reason = f"{server} is not in the trust list"
        self.log.append(f"{self._reason}: not asked (PHONE-17)")
        return False

    def _take_trust_list(self, data: bytes) -> Order:
        self._offer(TrustListKind.CTL, data)
        return self._ask_identity_list(b"")

    def _take_trust_list_of_flat(self, data: bytes) -> Order:
        """A 7940 or 7960 keeps its list; its files carry no signature that it would check (MODEL-05)."""
        self._offer(TrustListKind.CTL, data)
        return self._ask_default(b"")

    def _take_identity_list(self, data: bytes) -> Order:
        self._offer(TrustListKind.ITL, data)
        return self._ask_configuration(b"")

    def _offer(self, kind: TrustListKind, data: bytes) -> None:
        try:
            outcome = self._security.trust.offer(kind, data)
        except RefusedFile as refusal:
            outcome = f"refused: {refusal}; the one before stays"
        self.log.append(f"{kind.value}: {outcome}")

    def _ask_identity_list(self, _: bytes) -> Order:
        if not self._identity_list:
            return self._ask_configuration(b"")
        self.state = State.ASKING_IDENTITY_LIST
        return self._ask(f"ITL{self._identity.device_name}.tlv")

    def _ask_configuration(self, _: bytes) -> Order:
        """The phone's own file, in the form that its lists and its last file ask for."""
        if not self._server_is_trusted():  # the list may have come just now
            return self._next_server(b"")
        self.state = State.ASKING_CONFIGURATION
        if self._identity.file_family is not FileFamily.XML:
            return self._ask(self._name_by_key())
        if self._security.form is FileForm.ENCRYPTED and not self._asked_encrypted:
            return self._ask_encrypted()
        return self._ask_signed()

    def _name_by_key(self) -> str:
        """What a phone asks for that takes a symmetric key: with one the encrypted file alone (CFGENC-14)."""
        identity = self._identity
        row = capability_of(identity.model, Protocol.SIP)
        if row is not None and self._security.symmetric_key is not None:
            return encrypted_file_name(row, identity.device_name) or ""
        is_flat = identity.file_family is FileFamily.FLAT
        return f"SIP{identity.mac}.cnf" if is_flat else profile_name(identity.model, identity.mac)

    def _ask_signed(self) -> Order:
        form = FileForm.SIGNED if self._security.trust.asks_for_signed_files else FileForm.CLEAR
        self.state = State.ASKING_CONFIGURATION
        return self._ask(f"{self._identity.device_name}.cnf.xml{form.value}")

    def _ask_encrypted(self) -> Order:
        self._asked_encrypted = True
        self.state = State.ASKING_ENCRYPTED
        return self._ask(f"{self._identity.device_name}.cnf.xml{FileForm.ENCRYPTED.value}")

    def _miss_encrypted(self, _: bytes) -> Order:
        """Not found means that encryption is off, or that our key is not known (TFTP-11)."""
        return self._ask_signed()

    def _ask_default(self, _: bytes) -> Order:
        if self._identity.file_family is FileFamily.FLAT:
            return self._ask(FLAT_DEFAULT)
        form = FileForm.SIGNED if self._security.trust.asks_for_signed_files else FileForm.CLEAR
        return self._ask(XML_DEFAULT + form.value)

    def _keep_default(self, data: bytes) -> Order:
        self._default = data
        return self._ask_configuration(b"")

    def _read_own(self, data: bytes) -> Order:
        if self._identity.file_family is not FileFamily.XML:
            return self._read(data, self._open_by_key)
        try:
            clear = self._security.open(self._file, data)
            flags = read_flags(clear)
        except (RefusedFile, UnusableConfiguration) as error:
            return self._refuse(str(error))
        self._security.note_encryption(flags.encrypted)
        if flags.full and not flags.encrypted:
            return self._read(clear, lambda ready: ready)
        return self._read_partial(flags)

    def _read_partial(self, flags: FileFlags) -> Order:
        """The clear part of an encrypted configuration: go on to the rest if the server knows our key."""
        self.log.append(f"{self._file}: the configuration is encrypted")
        own = self._security.keys.certificate_hash
        if not own or own != flags.certificate_hash:
            return self._enrol("the server does not know this phone's certificate (public-key mismatch)", flags)
        if self._asked_encrypted:
            return self._enrol("the encrypted configuration could not be had", flags)
        return self._ask_encrypted()

    def _read_encrypted(self, data: bytes) -> Order:
        try:
            clear = self._security.open(self._file, data)
            flags = read_flags(clear)
        except RefusedFile as refusal:
            if refusal.fault in (Fault.ENCRYPTION, Fault.CONTENT_HASH):
                return self._ask_signed()  # it says whether our key is the one the server has (CFGENC-29)
            return self._refuse(str(refusal))
        except UnusableConfiguration as error:
            return self._refuse(str(error))
        self._security.note_encryption(flags.encrypted)
        return self._read(clear, lambda ready: ready)

    def _enrol(self, reason: str, flags: FileFlags) -> Order:
        self.log.append(f"{self._file}: {reason}")
        self._reason = reason
        if self._enrolments == MAX_ENROLMENTS:
            return self._refuse(f"{reason}, and a certificate operation did not help")
        self._enrolments += 1
        self.state = State.ENROLLING
        return Enrol(reason, flags.capf)

    def _after_enrolment(self, _: bytes) -> Order:
        self._asked_encrypted = False
        return self._ask_configuration(b"")

    def _keep_after_failed_enrolment(self, _: bytes) -> Order:
        return self._refuse(self._reason)

    def _open_by_key(self, data: bytes) -> bytes:
        if self._security.symmetric_key is None:
            return self._security.open(self._file, data)
        return self._security.open_with_symmetric_key(self._file, data)

    def _read_default(self, data: bytes) -> Order:
        return self._read(data, lambda sealed: self._security.open(self._file, sealed))

    def _read_kept_default(self, _: bytes) -> Order:
        if self._security.symmetric_key is not None:  # with a key nothing else will do (CFGENC-14, CFGENC-21)
            return self._refuse(f"{self._file} not found; erase the symmetric key to get the file in clear")
        return self._read(b"", lambda nothing: nothing)

    def _read(self, data: bytes, unseal: Callable[[bytes], bytes]) -> Order:
        try:
            own = unseal(data)
            configuration = self._security.with_kept_credentials(self._parsed(own, self._default))
            configuration = configuration.keeping_credentials(self._before)
        except (RefusedFile, UnusableConfiguration) as error:
            return self._refuse(str(error))
        if not configuration.is_default:
            self._security.keep(own, self._default, configuration)
        elif self._before is not None:
            return self._refuse("it gives this phone no number")
        self.state = State.CONFIGURED
        return Booted(configuration, self._file, self._servers[self._server])

    def _refuse(self, reason: str) -> Order:
        """The file is not used: the phone goes on with the configuration it has, or asks again later."""
        self.log.append(f"{self._file} not used: {reason}")
        self._reason = f"{self._file}: {reason}"
        if self._before is not None:
            self.state = State.CONFIGURED
            return Booted(self._before, self._file, self._servers[self._server], kept=True)
        self.state = State.PAUSING
        return self._wait(b"")

    def _parsed(self, own: bytes, default: bytes) -> Configuration:
        match self._identity.file_family:
            case FileFamily.FLAT:
                return read_flat(own, default)
            case FileFamily.PROFILE:
                return read_profile(own)
            case FileFamily.XML:
                return read_xml(own, self._identity.device_name)

    def _configuration_in_flash(self) -> Configuration | None:
        own = self._security.flash.read(Item.CONFIGURATION)
        if own is None:
            return None
        default = self._security.flash.read(Item.DEFAULT_CONFIGURATION) or b""
        try:
            return self._security.with_kept_credentials(self._parsed(own, default))
        except UnusableConfiguration:
            return None

    def _next_server(self, _: bytes) -> Order:
        """Ask the next file server from the beginning, or pause when all were asked."""
        self.state = State.PAUSING
        self._default = b""
        if self._server + 1 < len(self._servers):
            self._server += 1
            ask_first, self.state = self._table[State.OFF, Input.START]
            return ask_first(self, b"")
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
    (State.ASKING_IDENTITY_LIST, Input.SILENCE): (Boot._next_server, State.PAUSING),
    (State.ASKING_CONFIGURATION, Input.FOUND): (Boot._read_own, State.CONFIGURED),
}
_XML_TABLE: _Table = _COMMON | {
    (State.ASKING_TRUST_LIST, Input.MISSING): (Boot._ask_identity_list, State.ASKING_CONFIGURATION),
    (State.ASKING_TRUST_LIST, Input.FOUND): (Boot._take_trust_list, State.ASKING_CONFIGURATION),
    (State.ASKING_IDENTITY_LIST, Input.MISSING): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.ASKING_IDENTITY_LIST, Input.FOUND): (Boot._take_identity_list, State.ASKING_CONFIGURATION),
    (State.ASKING_ENCRYPTED, Input.FOUND): (Boot._read_encrypted, State.CONFIGURED),
    (State.ASKING_ENCRYPTED, Input.MISSING): (Boot._miss_encrypted, State.ASKING_CONFIGURATION),
    (State.ASKING_ENCRYPTED, Input.SILENCE): (Boot._next_server, State.PAUSING),
    (State.ENROLLING, Input.ENROLLED): (Boot._after_enrolment, State.ASKING_CONFIGURATION),
    (State.ENROLLING, Input.NOT_ENROLLED): (Boot._keep_after_failed_enrolment, State.CONFIGURED),
    (State.ASKING_CONFIGURATION, Input.MISSING): (Boot._ask_default, State.ASKING_DEFAULT),
    (State.ASKING_DEFAULT, Input.FOUND): (Boot._read_default, State.CONFIGURED),
    (State.ASKING_DEFAULT, Input.MISSING): (Boot._wait, State.PAUSING),
}
_FLAT_TABLE: _Table = _COMMON | {
    (State.ASKING_TRUST_LIST, Input.MISSING): (Boot._ask_default, State.ASKING_DEFAULT),
    (State.ASKING_TRUST_LIST, Input.FOUND): (Boot._take_trust_list_of_flat, State.ASKING_DEFAULT),
    (State.ASKING_DEFAULT, Input.FOUND): (Boot._keep_default, State.ASKING_CONFIGURATION),
    (State.ASKING_DEFAULT, Input.MISSING): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.ASKING_CONFIGURATION, Input.MISSING): (Boot._read_kept_default, State.CONFIGURED),
}
"""The flat default file comes first, since the device's own file is read over it."""
_PROFILE_TABLE: _Table = _COMMON | {
    (State.OFF, Input.START): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.PAUSING, Input.DUE): (Boot._ask_configuration, State.ASKING_CONFIGURATION),
    (State.ASKING_CONFIGURATION, Input.MISSING): (Boot._read_kept_default, State.CONFIGURED),
}
"""A 7905 or 7912 knows no trust list (MODEL-05), and the default profile names no line to register."""
_TABLES = {FileFamily.XML: _XML_TABLE, FileFamily.FLAT: _FLAT_TABLE, FileFamily.PROFILE: _PROFILE_TABLE}
