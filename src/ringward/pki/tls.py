"""TLS contexts of the listeners that phones and browsers connect to.

Secure by default: TLS 1.2 and above, AES-GCM with forward secrecy first. The suites of the guide are opened only
where devices need them: AES128-SHA for encrypted mode, NULL-SHA for authenticated mode (SYS-18, SIG-03, SIG-14).
TLS 1.0, SHA-1 in certificates and the shortest keys are opened by an administrator alone, for old phones.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from ringward.domain.errors import Unavailable
from ringward.domain.vocabulary import DeviceSecurityMode
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
    AUTHENTICATED = (*_MODERN, "AES128-SHA", "NULL-SHA256", "NULL-SHA")
    """And the suites of authenticated phones, which sign but hide nothing; the guide's is the last."""

    @classmethod
    def of_modes(cls, modes: Collection[DeviceSecurityMode]) -> Suites:
        """What a port needs for devices in these modes; what no device needs stays closed (SIG-03)."""
        if DeviceSecurityMode.AUTHENTICATED in modes:
            return cls.AUTHENTICATED
        return cls.ENCRYPTED if DeviceSecurityMode.ENCRYPTED in modes else cls.MODERN


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a listener makes connections."""

    suites: Suites = Suites.MODERN
    old_phones: bool = False
    """Whether TLS 1.0 and 1.1 are accepted, and certificates with SHA-1 and keys under 1024 bits."""
    trusted: tuple[Certificate, ...] | None = None
    """Who vouches for clients; None if clients are not asked for a certificate."""
    client_required: bool = True
    """Whether a client that is asked must show a certificate. If it need not, one that it shows must be right."""

    @property
    def openssl_ciphers(self) -> str:
        """OpenSSL's cipher string.

        The security level also decides which keys of clients pass. NULL-SHA and TLS 1.0 exist on level 0 only,
        1024 bits (the guide's usual key, PSP-26) pass on level 1.
        """
        level = {Suites.MODERN: 2, Suites.ENCRYPTED: 1, Suites.AUTHENTICATED: 0}[self.suites]
        return ":".join(self.suites.value) + f":@SECLEVEL={0 if self.old_phones else level}"

    @property
    def verify_mode(self) -> ssl.VerifyMode:
        """Whether clients are asked for a certificate; with nobody to vouch for it, not for an optional one."""
        if self.trusted is None or not (self.trusted or self.client_required):
            return ssl.CERT_NONE
        return ssl.CERT_REQUIRED if self.client_required else ssl.CERT_OPTIONAL


class ServerTls:
    """What a TLS listener presents and trusts, renewable while it listens and without dropping a connection.

    Listeners are given :attr:`context` once. It hands each new handshake to the context made by the last
    :meth:`reload`. A session from before that is not resumed, because it would escape a withdrawal of trust.

    With ``trusted`` (even if empty) every client must prove itself by one of those certificates, or by one that
    they signed (CERT-23); with None no client certificate is asked for. Other terms are set by :meth:`renew`.
    Raises :class:`Unavailable` or :class:`BadCertificate` when the files are not usable.
    """

    def __init__(
        self,
        files: KeyPairFiles,
        *,
        suites: Suites = Suites.MODERN,
        trusted: Iterable[Certificate] | None = None,
    ) -> None:
        self._files = files
        self._terms = Terms(suites, trusted=None if trusted is None else tuple(trusted))
        self._oldest_session = 0
        self._current = self._make(files, self._terms)
        self.context = self._make(files, self._terms)
        """For the listener; stays the same object for ever."""
        self.context.sni_callback = self._hand_over

    @property
    def terms(self) -> Terms:
        """The terms in force."""
        return self._terms

    def reload(self, trusted: Iterable[Certificate] | None = None, files: KeyPairFiles | None = None) -> None:
        """Read the key pair again, from other files if given, and replace the trusted certificates if given.

        On an error nothing changes.
        """
        if trusted is not None and self._terms.trusted is None:
            raise ValueError("this listener asks for no client certificates, so it cannot trust any")
        terms = self._terms if trusted is None else replace(self._terms, trusted=tuple(trusted))
        self.renew(terms, files)

    def renew(self, terms: Terms, files: KeyPairFiles | None = None) -> None:
        """Connect on other terms from now on, and read the key pair again; on an error nothing changes."""
        chosen = files or self._files
        self._current = self._make(chosen, terms)
        # What a handshake has from the first context: its version and whether it asks for a certificate are
        # decided before the other one takes over.
        _settle(self.context, terms)
        self._terms, self._files = terms, chosen
        self._oldest_session = int(time.time()) + 1

    def _hand_over(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        """Called in every handshake, with a server name or without one."""
        session = connection.session if connection.session_reused else None
        if session is not None and session.time < self._oldest_session:
            # The alert makes the peer forget the session (RFC 5246 7.2.2); its next attempt is a full handshake.
            return ssl.AlertDescription.ALERT_DESCRIPTION_ACCESS_DENIED
        connection.context = self._current
        return None

    def _make(self, files: KeyPairFiles, terms: Terms) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        # A trust store names peers as well as authorities (CERT-18): a listed peer need not lead to a root.
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        _settle(context, terms)
        _present(context, files)
        if terms.trusted:
            context.load_verify_locations(cadata=b"".join(each.der for each in terms.trusted))
        return context


def _settle(context: ssl.SSLContext, terms: Terms) -> None:
    minimum = ssl.TLSVersion.MINIMUM_SUPPORTED if terms.old_phones else ssl.TLSVersion.TLSv1_2
    context.minimum_version = minimum
    context.set_ciphers(terms.openssl_ciphers)
    context.verify_mode = terms.verify_mode


def _present(context: ssl.SSLContext, files: KeyPairFiles) -> None:
    certificate, key = files.certificate, files.key
    try:
        context.load_cert_chain(certificate, key, files.passphrase.reveal if files.passphrase else None)
    except ssl.SSLError:
        raise BadCertificate(f"{certificate} and {key} are not a certificate and its key") from None
    except OSError as error:
        missing = key if certificate.exists() else certificate
        raise Unavailable(f"{missing} cannot be read: {error.strerror}") from None
