"""A TLS connection to one CTL Provider, whose certificate is known by its fingerprint before anything is sent."""

from __future__ import annotations

import hmac
import socket
import ssl
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from ringward.domain.errors import RingwardError, Unavailable
from ringward.pki.certificates import Certificate
from ringward.protocols.ctl_provider.client import ClientConversation
from ringward.protocols.ctl_provider.messages import (
    VERSION,
    Hello,
    LogOut,
    MalformedMessage,
    Refusal,
    RefusalCode,
    Reply,
    Request,
    Welcome,
)

CONNECT_TIME = 10.0
"""Seconds for the connection and the handshake."""
REPLY_TIME = 120.0
"""Seconds for an answer; another client may be committing before us."""
_CHUNK = 65536

R = TypeVar("R")
Confirm = Callable[[str, int, Certificate], bool]
"""Whether this certificate is that of the server at this address and port."""


class ProviderRefusal(RingwardError):
    """The provider did not carry a request out."""

    def __init__(self, server: str, refusal: Refusal) -> None:
        self.code = refusal.code
        self.server = server
        super().__init__(f"{server}: {refusal.message}")


class UnconfirmedServer(RingwardError):
    """The certificate of the server is not the one that was expected; nothing was sent."""


class ProviderConnection:
    """Ask and be answered. Raises :class:`Unavailable` whenever the provider is not there (any more)."""

    def __init__(self, address: str, port: int, confirm: Confirm) -> None:
        """Connect, have the certificate confirmed, and greet.

        Raises :class:`Unavailable`, also for a name that does not resolve (CLUSTER-25), and
        :class:`UnconfirmedServer`.
        """
        self.address, self.port = address, port
        self.name = f"{address}:{port}"
        self._conversation = ClientConversation()
        self._socket = self._connect()
        try:
            self.certificate = Certificate(self._socket.getpeercert(binary_form=True) or b"")
            if not confirm(address, port, self.certificate):
                raise UnconfirmedServer(
                    f"the certificate of {self.name} is not the one that was expected; its SHA-256 fingerprint is "
                    f"{self.certificate.fingerprint_sha256}; compare: ringward certificate show node"
                )
            welcome = self.ask(Hello((VERSION,)), Welcome)
        except BaseException:
            self._socket.close()
            raise
        self.name = f"{welcome.server} ({self.name})"
        self.server = welcome.server
        self.challenge = welcome.challenge

    @property
    def certificate_hash(self) -> bytes:
        """What proofs on this connection are bound to."""
        return sha256(self.certificate.der).digest()

    def ask(self, request: Request, expected: type[R]) -> R:
        """The reply to a request. Raises :class:`ProviderRefusal` and :class:`Unavailable`."""
        try:
            self._socket.sendall(self._conversation.ask(request))
            reply = self._reply()
        except (OSError, ssl.SSLError, MalformedMessage) as error:
            raise Unavailable(f"the CTL Provider of {self.name} does not answer as it should: {error}") from None
        if isinstance(reply, Refusal):
            raise ProviderRefusal(self.name, reply)
        if not isinstance(reply, expected):
            raise Unavailable(f"the CTL Provider of {self.name} answers something else")
        return reply

    def close(self) -> None:
        """Log out, if the provider still listens."""
        try:
            self._socket.settimeout(CONNECT_TIME)
            self._socket.sendall(self._conversation.ask(LogOut()))
        except (OSError, RuntimeError):
            pass  # it has gone already, or was broken off in the middle of a request
        finally:
            self._socket.close()

    def _reply(self) -> Reply:
        while True:
            data = self._socket.recv(_CHUNK)
            if not data:
                raise ConnectionResetError("it has ended the connection")
            reply = self._conversation.receive(data)
            if reply is not None:
                return reply

    def _connect(self) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False  # trust is by fingerprint, checked before anything is sent
        context.verify_mode = ssl.CERT_NONE
        try:
            plain = socket.create_connection((self.address, self.port), CONNECT_TIME)
        except socket.gaierror:
            hint = "; the port is given apart, as --port or CTL_PORT" if ":" in self.address else ""
            raise Unavailable(f"the name {self.address!r} does not resolve to an address here{hint}") from None
        except OSError as error:
            raise Unavailable(
                f"no CTL Provider answers at {self.name} ({error.strerror or error}): is the service active there "
                "and this its port (a node with a port offset adds it; 'ringward status' there shows it)?"
            ) from None
        try:
            made = context.wrap_socket(plain)
        except (OSError, ssl.SSLError) as error:
            plain.close()
            raise Unavailable(f"{self.name} does not speak TLS as a CTL Provider does: {error}") from None
        made.settimeout(REPLY_TIME)
        return made


def pinned(fingerprint: str) -> Confirm:
    """Confirms the certificate with this SHA-256 fingerprint, with or without colons."""
    wanted = fingerprint.replace(":", "").strip().upper()

    def confirm(address: str, port: int, certificate: Certificate) -> bool:
        return hmac.compare_digest(certificate.fingerprint_sha256.replace(":", ""), wanted)

    return confirm


__all__ = ["Confirm", "ProviderConnection", "ProviderRefusal", "RefusalCode", "UnconfirmedServer", "pinned"]
