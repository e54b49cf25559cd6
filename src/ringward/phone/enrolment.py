"""How a phone gets its certificate: it calls CAPF, proves itself, makes a key, and keeps what it is sent.

CAPF must show the certificate that the phone's trust list names for it (CAPF-05, CAPF-34). If the connection fails
the phone tries three more times at intervals of thirty seconds (CAPF-07); a refusal it takes as one. Meanwhile the
authentication mode is in flash, in case the power fails (CAPF-08), and the user may abort it (PHONE-09).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ringward.domain.vocabulary import CapfAuthenticationMode, HashAlgorithm
from ringward.phone.flash import Item
from ringward.phone.identity import Identity
from ringward.phone.own_keys import OwnKeys
from ringward.pki.bare_digest import sign_bare
from ringward.pki.certificates import BadCertificate, Certificate, KeyPair, PrivateKey
from ringward.protocols.capf.client import (
    CertificateIssued,
    CertificatesAsked,
    Challenged,
    ClientSession,
    DeletionAsked,
    Event,
    Failed,
    Finished,
    KeyAsked,
)
from ringward.protocols.capf.message import Reason
from ringward.protocols.capf.values import (
    CURRENT_VERSION,
    VERSION_WITH_KEY_TYPES,
    Curve,
    EcKeyWanted,
    FactoryProof,
    Introduction,
    KeyWanted,
    signed_octets,
)

RETRIES = 3
RETRY_INTERVAL = 30.0
"""Seconds; neither can be configured (CAPF-07)."""
CONNECT_TIMEOUT = 30.0
SMALLEST_KEY = 1024
"""Bits; the crypto library makes no shorter ones."""
LARGEST_KEY = 4096
_CURVES: dict[Curve, ec.EllipticCurve] = {
    Curve.SECP256R1: ec.SECP256R1(),
    Curve.SECP384R1: ec.SECP384R1(),
    Curve.SECP521R1: ec.SECP521R1(),
}
_READ_SIZE = 4096


class Result(Enum):
    """What came of an enrolment, as the phone shows it."""

    INSTALLED = "LSC installed"
    DELETED = "LSC deleted"
    SHOWN = "certificates shown"
    NOTHING = "nothing was to be done"
    REFUSED = "refused"
    FAILED = "failed"
    ABORTED = "aborted"

    @property
    def ok(self) -> bool:
        """Whether the phone may go on as if it had been asked for nothing more."""
        return self not in (Result.REFUSED, Result.FAILED, Result.ABORTED)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The end of an enrolment."""

    result: Result
    detail: str = ""
    attempts: int = 1

    def __str__(self) -> str:
        return f"{self.result.value}: {self.detail}" if self.detail else self.result.value


class _Unreachable(Exception):
    """CAPF could not be reached, or was lost on the way."""


def generate_key(wanted: KeyWanted) -> PrivateKey | None:
    """Make a key as it is wanted; None if this phone cannot."""
    if isinstance(wanted, EcKeyWanted):
        return ec.generate_private_key(_CURVES[wanted.curve])
    if not SMALLEST_KEY <= wanted.bits <= LARGEST_KEY:
        return None
    return rsa.generate_private_key(65537, wanted.bits)


class Enrolment:
    """One phone's way to CAPF."""

    def __init__(
        self,
        identity: Identity,
        keys: OwnKeys,
        trusted: Callable[[], Sequence[bytes]],
        *,
        version: int = CURRENT_VERSION,
        make_key: Callable[[KeyWanted], PrivateKey | None] = generate_key,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``trusted`` gives the certificates (DER) by which CAPF is known now; ``version`` is that of the protocol
        in the phone's firmware; ``tell`` hears how it goes, in the words of the phone's screen.
        """
        self._identity = identity
        self._keys = keys
        self._trusted = trusted
        self._version = version
        self._make_key = make_key
        self._sleep = sleep
        self._tell = tell
        self._work: asyncio.Task[Enrolled] | None = None
        self._is_aborted = False

    def abort(self) -> bool:
        """End what goes on, whatever it waits for; returns whether there is something."""
        if self._work is None or self._work.done():
            return False
        self._is_aborted = True
        return self._work.cancel()

    async def run(
        self, servers: Sequence[tuple[str, int]], mode: CapfAuthenticationMode, authentication_string: str = ""
    ) -> Enrolled:
        """Call CAPF until it answers or the tries are used up. Never raises."""
        if not servers:
            return Enrolled(Result.FAILED, "no CAPF server is configured", 0)
        if not self._trusted():
            return Enrolled(Result.FAILED, "the trust list names no certificate for CAPF", 0)
        self._keys.note_enrolment(mode)
        self._is_aborted = False
        self._work = asyncio.get_running_loop().create_task(self._try(servers, mode, authentication_string))
        try:
            return await self._work
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not self._is_aborted or (caller is not None and caller.cancelling()):
                raise
        self._keys.forget_enrolment()
        self._tell(Result.ABORTED.value)
        return Enrolled(Result.ABORTED, "by the user")

    async def _try(
        self, servers: Sequence[tuple[str, int]], mode: CapfAuthenticationMode, authentication_string: str
    ) -> Enrolled:
        detail = ""
        for attempt in range(1, RETRIES + 2):
            if attempt > 1:
                self._tell(f"retrying in {RETRY_INTERVAL:.0f} s: {detail}")
                await self._sleep(RETRY_INTERVAL)
            for host, port in servers:
                try:
                    result, detail = await self._call(host, port, mode, authentication_string)
                except _Unreachable as error:
                    detail = str(error)
                    continue
                self._keys.forget_enrolment()
                self._tell(result.value)
                return Enrolled(result, detail, attempt)
        self._keys.forget_enrolment()
        self._tell(f"failed: {detail}")
        return Enrolled(Result.FAILED, detail, RETRIES + 1)

    # -- one call ------------------------------------------------------------------------------------------

    async def _call(self, host: str, port: int, mode: CapfAuthenticationMode, string: str) -> tuple[Result, str]:
        self._tell(f"connecting to {host}:{port}")
        context = _context(self._trusted())
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="")
        except ssl.SSLError as error:
            raise _Unreachable(f"no TLS connection with {host}: {error.reason or error}") from None
        except (OSError, TimeoutError) as error:
            raise _Unreachable(f"{host}:{port} cannot be reached: {error or 'it does not answer'}") from None
        try:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            if shown not in self._trusted():  # a certificate that CAPF has signed is not CAPF
                raise _Unreachable(f"{host} shows a certificate that the trust list does not name for CAPF")
            conversation = _Conversation(self, Certificate(shown), mode, string)
            return await conversation.carry(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _Conversation:
    """One conversation of an :class:`Enrolment`."""

    def __init__(self, phone: Enrolment, capf: Certificate, mode: CapfAuthenticationMode, string: str) -> None:
        self._phone = phone
        self._capf = capf
        self._mode = mode
        self._string = string
        self._session = ClientSession(asyncio.get_running_loop().time())
        self._key: PrivateKey | None = None
        self._done = Result.NOTHING

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Result, str]:
        loop = asyncio.get_running_loop()
        try:
            while True:
                events = await self._next(reader, loop)
                for event in events:
                    if isinstance(event, Finished):
                        return self._end(event.reason)
                    if isinstance(event, Failed):
                        raise _Unreachable(event.detail)
                    await self._answer(event, loop)
                    outgoing, self._session.outgoing = self._session.outgoing, []
                    for message in outgoing:
                        writer.write(message)
                    await writer.drain()
        except OSError as error:
            raise _Unreachable(f"the connection was lost: {error}") from None

    async def _next(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> list[Event]:
        try:
            async with asyncio.timeout_at(self._session.deadline):
                data = await reader.read(_READ_SIZE)
        except TimeoutError:
            return self._session.advance(max(loop.time(), self._session.deadline or 0.0))
        return self._session.receive(data, loop.time()) if data else self._session.lost()

    async def _answer(self, event: Event, loop: asyncio.AbstractEventLoop) -> None:
        phone, session = self._phone, self._session
        match event:
            case Challenged(session_id, version):
                phone._tell("authenticating")
                session.introduce(self._introduction(session_id, version), loop.time())
            case KeyAsked(wanted):
                phone._tell("generating key")
                self._key = await asyncio.to_thread(phone._make_key, wanted)
                if self._key is None:
                    session.refuse_key(loop.time())
                else:
                    session.offer_key(public_part(self._key), loop.time())
            case CertificateIssued(der):
                session.answer(done=self._keep(der), now=loop.time())
            case DeletionAsked():
                has_one = phone._keys.lsc is not None
                phone._keys.remove(Item.LSC)
                self._done = Result.DELETED
                session.answer(done=has_one, now=loop.time())
            case CertificatesAsked():
                pairs = (phone._keys.lsc, phone._keys.mic)
                shown = tuple(each.certificate.der for each in pairs if each is not None)
                self._done = Result.SHOWN
                session.answer(done=bool(shown), now=loop.time(), certificates=shown)

    def _keep(self, der: bytes) -> bool:
        """Keep the new certificate, if it is for this phone and this key and by this CAPF."""
        try:
            certificate = Certificate(der)
            if self._key is None or not certificate.is_issued_by(self._capf):
                return False
            if certificate.common_name != self._phone._identity.device_name:
                return False
            self._phone._keys.install(Item.LSC, KeyPair(certificate, self._key))
        except BadCertificate:  # also when the key is another one
            return False
        self._done = Result.INSTALLED
        return True

    def _end(self, reason: int) -> tuple[Result, str]:
        if reason == Reason.SUCCESS or (reason == Reason.NOTHING_TO_DO):
            return self._done, ""
        if reason == Reason.UNKNOWN_DEVICE:
            return Result.REFUSED, "CAPF does not know this phone"
        return Result.REFUSED, "CAPF refuses: wrong credentials, or nothing is to be done"

    # -- who calls -----------------------------------------------------------------------------------------

    def _introduction(self, session_id: int, server_version: int) -> Introduction:
        phone = self._phone
        version = min(phone._version, server_version)
        name = phone._identity.device_name
        if self._mode is CapfAuthenticationMode.AUTHENTICATION_STRING:
            return Introduction(name, version, self._string)
        empty = "" if version >= VERSION_WITH_KEY_TYPES else None
        if self._mode is CapfAuthenticationMode.NULL_STRING:
            return Introduction(name, version, empty)
        lsc, mic = phone._keys.lsc, phone._keys.mic
        chosen = (lsc or mic) if self._mode is CapfAuthenticationMode.EXISTING_LSC else (mic or lsc)
        if chosen is None:  # CAPF decides what to make of that (CAPF-18)
            return Introduction(name, version, empty)
        data = signed_octets(name, chosen.certificate.der)
        newer = version >= VERSION_WITH_KEY_TYPES
        return Introduction(
            name,
            version,
            empty,
            chosen.certificate.der,
            sign_bare(chosen.key, data, HashAlgorithm.SHA1),
            sign_bare(chosen.key, data, HashAlgorithm.SHA512) if newer else None,
            _factory_proof(mic, session_id) if mic is not None and newer else None,
        )


def _factory_proof(mic: KeyPair, session_id: int) -> FactoryProof:
    data = FactoryProof.signed_octets(session_id, mic.certificate.der)
    sha1, sha512 = (sign_bare(mic.key, data, digest) for digest in (HashAlgorithm.SHA1, HashAlgorithm.SHA512))
    return FactoryProof(mic.certificate.der, sha1, sha512)


def public_part(key: PrivateKey) -> bytes:
    """What goes to CAPF of a key (DER of a SubjectPublicKeyInfo)."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


def _context(trusted: Sequence[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # it is known by its certificate, which the trust list names
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=b"".join(trusted))
    return context
