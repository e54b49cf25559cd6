"""The certificates of this server: looked at, made, renewed, taken away, signed elsewhere (CERT-14 to CERT-19)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View, Work
from ringward.administration.trust_stores import certificates_trusted_for, trust
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.change import Action
from ringward.domain.errors import NotFound, Refused
from ringward.domain.phone import Phone
from ringward.domain.rights import EVERYTHING
from ringward.domain.rules.certificate_expiry import ALARM_DAYS, alarm_of
from ringward.domain.server import Server
from ringward.domain.vocabulary import DeviceCertificateKind, DeviceCertificateStatus
from ringward.pki.certificates import BadCertificate, Certificate, KeyKind, KeyPair
from ringward.pki.chain import chain_of, intermediates
from ringward.pki.export import ExportForm, export
from ringward.pki.issuing import make_authority, make_self_signed
from ringward.pki.key_store import KeyStore, PendingRequest
from ringward.pki.lint import Role, check
from ringward.pki.requests import SigningRequest, make_request
from ringward.store import device_certificates, trusted_certificates
from ringward.store.audit import Outcome

NOUN = "certificate"
"""Name of these certificates in log and change feed; the key is the server's name and the kind."""
_INSTALLATION = Actor("installation", EVERYTHING, "first start")
_AUTHORITY_NAMES = {CertificateKind.CAPF: "CAPF", CertificateKind.TOKEN_CA: "TokenCA"}


@dataclass(frozen=True, slots=True)
class ServerNames:
    """The names and addresses of a server, as its certificates say them."""

    name: str
    dns: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A certificate of this server."""

    server: str
    kind: CertificateKind
    chain: tuple[Certificate, ...]
    """The certificate, then those of the authorities below the root that signed it, if any did."""
    request_pending: bool
    """Whether a signing request was handed out and not answered."""

    @property
    def certificate(self) -> Certificate:
        """The certificate itself."""
        return self.chain[0]


@dataclass(frozen=True, slots=True)
class Renewed:
    """A certificate that is in force now, and what is to be done about it."""

    certificate: Certificate
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate whose end is near or past."""

    place: str
    """Where it is used: server and kind, the trust store, or phones."""
    certificate: Certificate
    alarm: int
    """The alarm that was reached: 60, 30 or 7 days, or 0 when it has expired."""
    count: int = 1
    """How many such certificates there are; this is the one that ends first. More than one only for phones."""

    @property
    def where(self) -> str:
        """Where it is used, as people read it; thousands of phones are told of in one line."""
        return self.place if self.count == 1 else f"{self.place} ({self.count}, this one first)"


class Certificates:
    """The use cases of server certificates."""

    def __init__(self, operations: Operations, key_store: KeyStore) -> None:
        self._operations = operations
        self._keys = key_store

    def make_missing(self, kinds: Iterable[CertificateKind], names: ServerNames) -> None:
        """Make those that this server does not have yet; what is there stays, so an upgrade reissues none."""
        missing = [kind for kind in kinds if kind not in self._keys.kinds()]
        if not missing:
            return
        with self._operations.change(_INSTALLATION, f"{NOUN}.add") as work:
            for kind in missing:
                self._make(work, kind, names, KeyKind.RSA_2048)

    def activate(self, actor: Actor, kind: CertificateKind) -> Certificate:
        """The certificate of a kind, made now if it is not there: when the service that needs it is activated
        (CERT-07)."""
        if kind not in self._keys.kinds():
            with self._operations.change(actor, f"{NOUN}.add", NOUN, kind.value) as work:
                self._make(work, kind, self._names(work), KeyKind.RSA_2048)
        return self._keys.certificate(kind)

    def find(self, actor: Actor) -> tuple[ServerCertificate, ...]:
        """All certificates of this server."""
        with self._operations.read(actor, f"{NOUN}.read"):
            return tuple(map(self._shown, self._keys.kinds()))

    def get(self, actor: Actor, kind: CertificateKind) -> ServerCertificate:
        """One certificate; raises :class:`NotFound`."""
        with self._operations.read(actor, f"{NOUN}.read"):
            return self._shown(kind)

    def export(self, actor: Actor, kind: CertificateKind, form: ExportForm) -> bytes:
        """A certificate as a file; raises :class:`NotFound`."""
        return export(self.get(actor, kind).chain, form)

    def regenerate(self, actor: Actor, kind: CertificateKind, key_kind: KeyKind = KeyKind.RSA_2048) -> Renewed:
        """Make a new key and a new self-signed certificate in place of the old one (CERT-14, CERT-15).

        Raises :class:`NotFound` for a kind that this server has none of.
        """
        with self._operations.change(actor, f"{NOUN}.update", NOUN, kind.value) as work:
            if kind not in self._keys.kinds():
                raise NotFound(NOUN, kind.value)
            certificate = self._make(work, kind, self._names(work), key_kind)
        return Renewed(certificate, _consequences(kind))

    def request(self, actor: Actor, kind: CertificateKind, key_kind: KeyKind = KeyKind.RSA_2048) -> SigningRequest:
        """Make a new key and a request for a certificate of it (CERT-17); the certificate in force stays so.

        A request that was handed out before is answered by nobody any more. Raises :class:`Refused` for kinds that
        sign themselves.
        """
        if kind.is_authority:
            raise Refused(f"the {kind.title} is a root and signs itself; regenerate it instead")
        with self._operations.change(actor, f"{NOUN}.request", NOUN, kind.value) as work:
            names, key = self._names(work), key_kind.generate()
            request = make_request(names.name, key, dns=names.dns, addresses=names.addresses)
            work.note(NOUN, f"{names.name}/{kind.value}", Outcome.DONE, {}, {"request": request.subject})
            self._keys.save_pending(kind, PendingRequest(request, key))
        return request

    def import_signed(self, actor: Actor, kind: CertificateKind, content: bytes) -> Renewed:
        """Put a certificate into force that was signed elsewhere, PEM or DER.

        It must be for the key of the pending request (or for the present key, when it is only renewed), fit for a
        server, and signed by a certificate in the trust store of its kind. Raises :class:`BadCertificate` or
        :class:`Refused`; then everything stays as it was.
        """
        with self._operations.attempt(actor, f"{NOUN}.import", NOUN, kind.value) as work:
            if kind.is_authority:
                raise Refused(f"the {kind.title} is a root and signs itself; regenerate it instead")
            certificate = Certificate.load(content)
            pair = self._pair_with(kind, certificate)
            warnings = check(certificate, Role.SERVER, self._now())
            before = self._keys.certificate(kind)
            if kind is CertificateKind.NODE and certificate.common_name != before.common_name:
                raise Refused(
                    f"the certificate names {certificate.common_name!r}, but this node is {before.common_name!r}; "
                    "have it signed again with the common name of the request"
                )
            chain = chain_of(certificate, certificates_trusted_for(work.connection, kind.trust))
            if chain is None:
                raise Refused(
                    f"nobody in {kind.trust.title} has signed this certificate; first import that of its issuer, "
                    f"{certificate.issuer}: ringward trust import {kind.trust.value} FILE"
                )
            self._note(work, kind, before, certificate)
            self._keys.save(kind, pair, intermediates(chain))
            self._keys.forget_pending(kind)
        return Renewed(certificate, (*map(str, warnings), *_consequences(kind)))

    def expiring(self, actor: Actor) -> tuple[Expiring, ...]:
        """The certificates here, in trust stores and of phones that have reached an alarm, nearest end first."""
        with self._operations.read(actor, f"{NOUN}.read"):
            return self.near_expiry()

    def near_expiry(self) -> tuple[Expiring, ...]:
        """The same, for the system's own watch."""
        now, found = self._now(), list[Expiring]()
        with self._operations.look() as view:
            trusted = trusted_certificates.trusted(view.connection)
            found += _of_phones(view, now)
        places = [
            (f"{self.server_name} {kind.value}", self._keys.certificate(kind)) for kind in self._keys.kinds()
        ]
        places += [(row.purpose.title, Certificate(row.certificate)) for row in trusted]
        for place, certificate in places:
            alarm = alarm_of(certificate.valid_to, now)
            if alarm is not None:
                found.append(Expiring(place, certificate, alarm))
        return tuple(sorted(found, key=lambda each: each.certificate.valid_to))

    @property
    def server_name(self) -> str:
        """The name of this server: its node certificate keeps it (CERT-06); empty before the first start."""
        if CertificateKind.NODE not in self._keys.kinds():
            return ""
        return self._keys.certificate(CertificateKind.NODE).common_name

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._operations.now() / 1000, UTC)

    def _shown(self, kind: CertificateKind) -> ServerCertificate:
        chain = self._keys.chain(kind)
        return ServerCertificate(self.server_name, kind, chain, self._keys.pending(kind) is not None)

    def _names(self, work: Work) -> ServerNames:
        """The names in the node's certificate, and its address as phones are told it now."""
        node = self._keys.certificate(CertificateKind.NODE)
        dns, addresses = list(node.dns_names), list(node.addresses)
        server = work.find(Server, node.common_name)
        if server is not None:
            (addresses if _is_address(server.address) else dns).append(server.address)
        return ServerNames(node.common_name, tuple(dict.fromkeys(dns)), tuple(dict.fromkeys(addresses)))

    def _make(self, work: Work, kind: CertificateKind, names: ServerNames, key_kind: KeyKind) -> Certificate:
        before = self._keys.certificate(kind) if kind in self._keys.kinds() else None
        if kind.is_authority:
            name = f"{_AUTHORITY_NAMES[kind]}-{secrets.token_hex(4)}"
            pair = make_authority(name, now=self._now(), kind=key_kind)
            # What the former one signed stays trusted: it is in the store since it was made.
            trust(work, self._operations.now(), kind.trust, pair.certificate)
        else:
            pair = make_self_signed(
                names.name, now=self._now(), dns=names.dns, addresses=names.addresses, kind=key_kind
            )
        self._note(work, kind, before, pair.certificate, names.name)
        self._keys.save(kind, pair)
        self._keys.forget_pending(kind)
        return pair.certificate

    def _note(
        self, work: Work, kind: CertificateKind, before: Certificate | None, after: Certificate, server: str = ""
    ) -> None:
        """Put a new certificate into log and feed; the files are written after that, as the last step."""
        key = f"{server or self.server_name}/{kind.value}"
        if before is None:
            work.note(NOUN, key, Outcome.ADDED, {}, _told(after))
        else:
            work.note(NOUN, key, Outcome.UPDATED, _told(before), _told(after))
        work.announce(NOUN, key, Action.ADDED if before is None else Action.UPDATED)

    def _pair_with(self, kind: CertificateKind, certificate: Certificate) -> KeyPair:
        pending = self._keys.pending(kind)
        keys = [pending.key] if pending is not None else []
        for key in (*keys, self._keys.load(kind).key):
            try:
                return KeyPair(certificate, key)
            except BadCertificate:
                continue
        raise BadCertificate(
            f"the certificate of {certificate.subject} belongs neither to the key of a pending signing request "
            f"nor to the present {kind.value} key; make a request with: ringward certificate csr {kind.value}"
        )


def _told(certificate: Certificate) -> dict[str, str]:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "valid_to": certificate.valid_to.isoformat(),
        "fingerprint": certificate.fingerprint_sha256,
    }


def _consequences(kind: CertificateKind) -> tuple[str, ...]:
    """What has to be done after a certificate of a kind has changed (CERT-20, HTTPS-11)."""
    return {
        CertificateKind.NODE: (
            "TLS listeners use it from the next handshake on. In a mixed cluster update the CTL file now: phones "
            "with a secure profile trust this node by it.",
        ),
        CertificateKind.TFTP: ("In a mixed cluster update the CTL file now: phones verify their files by it.",),
        CertificateKind.WEB: ("Browsers ask again whether to trust the web pages.",),
        CertificateKind.IPSEC: ("Gateways that trust this server by its IPSec certificate need the new one.",),
        CertificateKind.CAPF: (
            "In a mixed cluster update the CTL file now: phones trust CAPF by it. Certificates that CAPF issued "
            f"before stay valid as long as its former certificate is in {TrustPurpose.CAPF.title}.",
        ),
        CertificateKind.TOKEN_CA: ("Tokens with a certificate by the former one stay valid.",),
    }[kind]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _of_phones(view: View, now: datetime) -> Iterator[Expiring]:
    """The LSCs of phones, one line for each alarm."""
    soon = int((now + timedelta(days=max(ALARM_DAYS))).timestamp() * 1000)
    rows = device_certificates.every(view.connection, (DeviceCertificateStatus.INSTALLED,), expires_before=soon)
    by_alarm: dict[int, list[bytes]] = {}
    for row in rows:
        alarm = alarm_of(datetime.fromtimestamp(row.expires_at / 1000, UTC), now)
        if (
            alarm is not None
            and row.kind is DeviceCertificateKind.LSC
            and view.find(Phone, row.device) is not None
        ):
            by_alarm.setdefault(alarm, []).append(row.certificate)
    for alarm, certificates in by_alarm.items():
        yield Expiring("LSC of a phone", Certificate(certificates[0]), alarm, len(certificates))
