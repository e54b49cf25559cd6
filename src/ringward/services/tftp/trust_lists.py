"""The trust lists that are served: the CTL file as the CTL client left it, and the ITL, signed here when it is on.

The CTL file lies in the folder of static files under its own name; a phone asks for ``CTLSEP<MAC>.tlv`` and gets
it, unless the folder has a list for that phone alone. A file that no phone could use is not served: a phone
without a list keeps trying, while one that is given rubbish may do anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import sha256
from ipaddress import AddressValueError, IPv4Address
from typing import Protocol

from ringward.domain.listed_certificate import ListedCertificate
from ringward.files import trust_list
from ringward.files.envelope import RefusedFile, Verifier
from ringward.files.signed_file import FileSigner
from ringward.files.trust_list import NO_ADDRESS, Record, TrustList, TrustListKind, TrustListRole
from ringward.services.tftp.protection import NoSuchForm
from ringward.services.tftp.static_files import StaticFiles

_NO_LIST = "there is no trust list yet: the CTL client makes it when it sets the cluster to mixed mode"
_LOST_LIST = "the CTL file on this server is missing; run the CTL client"
_SIGNER_VERSION = (1, 0)
"""Tells phones that all keys in the list are RSA."""


class TrustLists(Protocol):
    """Where the library gets trust lists from."""

    def find(self, requested: str, kind: TrustListKind) -> bytes:
        """The list that answers a name; raises :class:`~ringward.services.tftp.protection.NoSuchForm`."""
        ...

    def at_once(self, kind: TrustListKind) -> bytes | None:
        """The same for every phone, if it is at hand; None means :meth:`find`."""
        ...


class NoTrustLists:
    """A server that has none."""

    def at_once(self, kind: TrustListKind) -> None:
        """There is none."""

    def find(self, requested: str, kind: TrustListKind) -> bytes:
        """There is none."""
        raise NoSuchForm(_NO_LIST)


_Origin = tuple[FileSigner, str, ListedCertificate | None]
"""What an ITL is made of: who signs, this server's name or address, CAPF's certificate."""


class IdentityTrustList:
    """Makes the ITL: the same octets until something in it changes."""

    def __init__(
        self,
        signer: Callable[[], FileSigner],
        host: Callable[[], str],
        capf: Callable[[], ListedCertificate | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``host`` tells the name or address of this server, ``capf`` the certificate of CAPF if there is one."""
        self._signer, self._host, self._capf, self._clock = signer, host, capf, clock
        self._made: tuple[_Origin, bytes] | None = None
        self._lock = threading.Lock()

    def content(self) -> bytes:
        """The signed list."""
        with self._lock:
            if (ready := self.ready()) is not None:
                return ready
            signer, host, capf = present = self._present()
            content = trust_list.build(
                TrustListKind.ITL,
                _identity(signer.certificate, host, capf),
                signer.signer,
                signer.certificate,
                int(self._clock()),
                signer_version=_SIGNER_VERSION,
            )
            self._made = present, content
            return content

    def ready(self) -> bytes | None:
        """The signed list if it is made already, and nothing in it has changed since."""
        made = self._made
        return made[1] if made is not None and made[0] == self._present() else None

    def _present(self) -> _Origin:
        return self._signer(), self._host(), self._capf()


class ClusterTrustLists:
    """See the module."""

    def __init__(
        self,
        static: StaticFiles,
        identity: IdentityTrustList,
        identity_is_on: Callable[[], bool],
        verify: Verifier,
        is_in_force: Callable[[bytes], bool] = lambda content: True,
    ) -> None:
        """``is_in_force`` knows the file that the CTL client left here, or with empty content that it left none;
        lists for one phone are nobody else's.
        """
        self._static = static
        self._is_in_force = is_in_force
        self._identity = identity
        self._identity_is_on = identity_is_on
        self._verify = verify
        self._judged: tuple[bytes, str] | None = None

    def at_once(self, kind: TrustListKind) -> bytes | None:
        """See :class:`TrustLists`. A CTL file may be another one for some phone, and is on the disk."""
        return self._identity.ready() if kind is TrustListKind.ITL and self._identity_is_on() else None

    def find(self, requested: str, kind: TrustListKind) -> bytes:
        """See :class:`TrustLists`."""
        if kind is TrustListKind.ITL:
            if not self._identity_is_on():
                raise NoSuchForm("the enterprise parameter Identity Trust List is off")
            return self._identity.content()
        content, own = self._static.read(requested), requested.lower() != kind.value.lower()
        if content is None:
            content, own = self._static.read(kind.value), False
        if content is None:
            raise NoSuchForm(_NO_LIST if self._is_in_force(b"") else _LOST_LIST)
        if objection := self._objection(content) or ("" if own else self._tampering(content)):
            raise NoSuchForm(f"the CTL file on this server cannot be used: {objection}; run the CTL client")
        return content

    def _tampering(self, content: bytes) -> str:
        return "" if self._is_in_force(content) else "somebody else than the CTL client has put it there"

    def _objection(self, content: bytes) -> str:
        """Why no phone would take this as its first list; looked into once for each content."""
        digest = sha256(content).digest()
        if self._judged is None or self._judged[0] != digest:
            try:
                found = trust_list.parse(content)
                found.check(TrustListKind.CTL, found.trust.list_signer(found.header.signer), self._verify)
                self._judged = digest, ""
            except RefusedFile as refusal:
                self._judged = digest, str(refusal)
        return self._judged[1]


def _identity(signer: ListedCertificate, host: str, capf: ListedCertificate | None) -> TrustList:
    """The signer is in it twice: as who signs lists and as who signs files."""
    bearers = [(TrustListRole.SAST, signer), (TrustListRole.CCM_TFTP, signer)]
    if capf is not None:
        bearers.append((TrustListRole.CAPF, capf))
    address = _address(host)
    return TrustList(tuple(Record(role, certificate, host, address) for role, certificate in bearers))


def _address(host: str) -> IPv4Address:
    try:
        return IPv4Address(host)
    except AddressValueError:
        return NO_ADDRESS
