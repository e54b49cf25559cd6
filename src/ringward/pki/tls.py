"""TLS contexts of the listeners that phones connect to.

Secure by default: TLS 1.2 and above, AES-GCM with forward secrecy first. The guide's own suites are opened only
where they are asked for: AES128-SHA for old phones in encrypted mode, NULL-SHA for authenticated mode (SYS-18).
OpenSSL 3 takes NULL-SHA only at security level 0, which also lets short keys pass; that is one more reason to ask.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from enum import Enum

from ringward.domain.errors import Unavailable
from ringward.pki.certificates import BadCertificate, Certificate, KeyPairFiles

_MODERN = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)


class Suites(Enum):
    """Which cipher suites a listener accepts, best first; each includes those before it."""

    MODERN = (*_MODERN,)
    """AES-GCM with forward secrecy."""
    ENCRYPTED = (*_MODERN, "AES128-SHA")
    """And the guide's suite of encrypted phones."""
    AUTHENTICATED = (*_MODERN, "AES128-SHA", "NULL-SHA")
    """And the guide's suite of authenticated phones, which signs but hides nothing."""

    @property
    def openssl(self) -> str:
        """OpenSSL's cipher string."""
        level = "0" if self is Suites.AUTHENTICATED else "2"
        return ":".join(self.value) + f":@SECLEVEL={level}"


class ServerTls:
    """What a TLS listener presents and trusts, renewable while it listens and without dropping a connection.

    Listeners are given :attr:`context` once. It hands each new handshake to the context made by the last
    :meth:`reload`. A session from before that is not resumed, because it would escape a withdrawal of trust.

    With ``trusted`` (even if empty) every client must prove itself by one of those certificates, or by one that
    they signed (CERT-23); with None no client certificate is asked for. Raises :class:`Unavailable` or
    :class:`BadCertificate` when the files are not usable.
    """

    def __init__(
        self,
        files: KeyPairFiles,
        *,
        suites: Suites = Suites.MODERN,
        trusted: Iterable[Certificate] | None = None,
    ) -> None:
        self._files = files
        self._suites = suites
        self._oldest_session = 0
        self._trusted = None if trusted is None else tuple(trusted)
        self._current = self._make(self._trusted)
        self.context = self._make(self._trusted)
        """For the listener; stays the same object for ever."""
        self.context.sni_callback = self._hand_over

    def reload(self, trusted: Iterable[Certificate] | None = None) -> None:
        """Read the key pair again and, if given, replace the trusted certificates; on an error nothing changes."""
        if trusted is not None and self._trusted is None:
            raise ValueError("this listener asks for no client certificates, so it cannot trust any")
        chosen = self._trusted if trusted is None else tuple(trusted)
        self._current = self._make(chosen)
        self._trusted = chosen
        self._oldest_session = int(time.time()) + 1

    def _hand_over(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        """Called in every handshake, with a server name or without one."""
        session = connection.session if connection.session_reused else None
        if session is not None and session.time < self._oldest_session:
            # The alert makes the peer forget the session (RFC 5246 7.2.2); its next attempt is a full handshake.
            return ssl.AlertDescription.ALERT_DESCRIPTION_ACCESS_DENIED
        connection.context = self._current
        return None

    def _make(self, trusted: tuple[Certificate, ...] | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(self._suites.openssl)
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        self._present(context)
        if trusted is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            # A trust store names peers as well as authorities (CERT-18): a listed peer need not lead to a root.
            context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
            if trusted:
                context.load_verify_locations(cadata=b"".join(each.der for each in trusted))
        return context

    def _present(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files.certificate, self._files.key
        try:
            context.load_cert_chain(certificate, key)
        except ssl.SSLError:
            raise BadCertificate(f"{certificate} and {key} are not a certificate and its key") from None
        except OSError as error:
            missing = key if certificate.exists() else certificate
            raise Unavailable(f"{missing} cannot be read: {error.strerror}") from None
