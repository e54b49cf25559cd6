"""The CTL file of this server: looked at, planned, replaced; and which of its editions each phone holds.

Only the CTL Provider uses this, on behalf of an administrator who sits at a CTL client (CLUSTER-04). A new edition
is first *staged*: judged by all rules and laid beside the old one. Once it is whole on every server it is
*committed*, which also sets the cluster security mode.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ringward.administration.authorization import Actor
from ringward.administration.auto_registrations import switch_off
from ringward.administration.certificates import Certificates
from ringward.administration.operation import Operations, View, Work
from ringward.administration.service_control import services_that_run
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.administration.trust_list_on_disk import NOUN, UPDATE, CtlFileOnDisk
from ringward.administration.trust_list_rules import (
    ChangePlan,
    ClusterServer,
    ClusterView,
    plan_of,
    required_entries,
    takes,
    token_objections,
)
from ringward.administration.trust_stores import certificates_trusted_for, trust
from ringward.domain.alarm import Report
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.change import Action
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import AlreadyExists, NotAllowed, NotFound, Refused, RingwardError, Unavailable
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import due_after
from ringward.domain.server import Server
from ringward.domain.service import CALL_MANAGER, CTL_PROVIDER, TFTP
from ringward.domain.service_parameters import CtlProviderParameters
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files import trust_list
from ringward.files.envelope import RefusedFile, SignerId
from ringward.files.trust_list import TrustListFile, TrustListKind
from ringward.files.trust_list_edition import objections, tokens_of
from ringward.pki.certificates import BadCertificate, Certificate, write_atomically
from ringward.pki.issuing import issue_token_certificate
from ringward.pki.key_store import KeyStore
from ringward.pki.listing import listed, verify_signature
from ringward.store import parameters, trust_lists
from ringward.store.audit import Outcome
from ringward.store.trust_lists import TrustListRow, hash_of

FILE_NAME = TrustListKind.CTL.value
FORGET_PHONE = f"{NOUN}.forget-phone"
_READ, _UPDATE = f"{NOUN}.read", UPDATE
_STAGED = "CTLFile.staged"
_CAPF_FILES = ("capf.cer", "capf.pem")
"""What subsequent nodes get of CAPF: its certificate as DER and as PEM (CTL-08)."""
RESET = "Reset all devices, so that they fetch the new CTL file."
KEEP_SAFE = "Take the security token out and store all tokens in safe places."
"""What is to be done after every change (CTL-41)."""


class ChangedMeanwhile(Refused):
    """The present CTL file is not the one that the new edition was made from."""


class Busy(Refused):
    """Another client commits just now (CTL-33)."""


class WouldStrand(Refused):
    """Phones would be left behind."""


@dataclass(frozen=True, slots=True)
class PresentTrustList:
    """The CTL file in force; empty content if there is none."""

    content: bytes
    location: str
    warning: str


@dataclass(frozen=True, slots=True)
class ProposedEdition:
    """What a CTL client wants in force."""

    content: bytes
    base: str
    """SHA-256 of the edition that it was made from; empty for the first."""
    mode: ClusterSecurityMode
    proved_by: bytes
    """Certificate of the token that proved itself to this server."""
    override: bool = False
    start_over: bool = False
    capf_certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class FetchedTrustList:
    """A CTL file that arrived at a phone."""

    device: str
    content: bytes
    at: int
    """Milliseconds since 1970."""


class CtlFile:
    """The use cases of the CTL file."""

    def __init__(
        self,
        operations: Operations,
        keys: KeyStore,
        certificates: Certificates,
        directory: Path,
        alarm: Report,
    ) -> None:
        """``directory`` is the data directory."""
        self._operations = operations
        self._keys = keys
        self._certificates = certificates
        self._directory = directory
        self._committing = threading.Lock()
        path = directory / "tftp" / FILE_NAME
        self._on_disk = CtlFileOnDisk(operations, path, self._committing.locked, alarm)

    @property
    def location(self) -> str:
        """Where the file is, for people (CTL-40)."""
        return str(self._on_disk.path)

    # -- looking ------------------------------------------------------------------------------------------

    def cluster(self, actor: Actor) -> ClusterView:
        """Servers, certificates and mode."""
        with self._operations.read(actor, _READ) as view:
            return self._cluster(view)

    def present(self, actor: Actor) -> PresentTrustList:
        """The CTL file in force, and whether somebody has touched it."""
        with self._operations.read(actor, _READ) as view:
            row = trust_lists.current(view.connection)
        return PresentTrustList(row.content if row else b"", self.location, self._on_disk.warning())

    def tampering(self) -> str:
        """What is wrong with the file on the disk; empty if nothing is, or if a client is about to replace it."""
        return self._on_disk.warning()

    def is_in_force(self, content: bytes) -> bool:
        """Whether a file is the one that a CTL client left here; any other must not be served, and is audited."""
        return self._on_disk.is_in_force(content)

    def plan(self, actor: Actor, tokens: Iterable[bytes], signer: bytes) -> ChangePlan:
        """Which phones would not take an edition with these tokens that one of them signs.

        Raises :class:`BadCertificate` and :class:`Refused`.
        """
        described = [listed(token) for token in tokens]
        if signer not in (token.der for token in described):
            raise Refused("the signing token is not among the tokens of the new CTL file")
        with self._operations.read(actor, _READ) as view:
            return plan_of(view.connection, SignerId.of(listed(signer)))

    def next_time(self, former: TrustListFile | None) -> int:
        """When the next edition is signed, in seconds since 1970: always later than the one before."""
        now = int(self._now().timestamp())
        return now if former is None else max(now, former.timestamp + 1)

    # -- tokens -------------------------------------------------------------------------------------------

    def issue_token_certificate(
        self, actor: Actor, name: str, public_key: bytes, proof: bytes, signature: bytes
    ) -> bytes:
        """A certificate of the cluster's token CA for a key that signed ``proof`` (TOK-01, TOK-02).

        The token CA is made when it is first needed. Raises :class:`BadCertificate` and :class:`Refused`.
        """
        with self._operations.read(actor, f"{NOUN}.issue-token"):
            self._certificates.activate(actor, CertificateKind.TOKEN_CA)
        authority = self._keys.load(CertificateKind.TOKEN_CA)
        certificate = issue_token_certificate(authority, public_key, name, now=self._now())
        if not verify_signature(certificate.der, proof, signature, HashAlgorithm.SHA256):
            raise self._refusal(actor, "whoever asks for the certificate of a token does not hold its key")
        with self._operations.change(actor, f"{NOUN}.issue-token", NOUN, name) as work:
            told = {"subject": certificate.subject, "fingerprint": certificate.fingerprint_sha256}
            work.note(NOUN, name, Outcome.DONE, {}, told)
        return certificate.der

    # -- replacing ----------------------------------------------------------------------------------------

    def stage(self, actor: Actor, proposed: ProposedEdition) -> str:
        """Judge a new edition and lay it beside the old one; returns where the file will be.

        Until :meth:`commit` or :meth:`discard` no other client can stage one. Raises members of :class:`Refused`;
        each attempt that fails is in the audit log.
        """
        if not self._committing.acquire(blocking=False):
            raise self._refused(actor, Busy("another CTL client is committing a CTL file just now; try again"))
        try:
            with self._operations.read(actor, _UPDATE) as view:
                self._judge(view, proposed)
            staged = self._directory / _STAGED
            write_atomically(staged, proposed.content, mode=0o600)
            self._on_disk.path.parent.mkdir(mode=0o755, exist_ok=True)
        except (Refused, BadCertificate) as error:
            self._committing.release()
            raise self._refused(actor, error) from None
        except OSError as error:
            self._committing.release()
            raise self._refused(actor, _unwritable(error)) from None
        except BaseException:
            self._committing.release()
            raise
        return self.location

    def commit(self, actor: Actor, proposed: ProposedEdition) -> tuple[str, ...]:
        """Put what was staged into force, and the cluster into its mode; returns what is to be done now."""
        try:
            with self._operations.attempt(actor, _UPDATE, NOUN, FILE_NAME) as work:
                former = trust_lists.current(work.connection)
                if former is None or former.content != proposed.content:  # another server of ours did it already
                    if (former.hash if former else "") != proposed.base:
                        raise ChangedMeanwhile(
                            "the CTL file was replaced by another client meanwhile: begin again"
                        )
                    self._put_into_force(work, former, proposed)
                steps = _set_mode(work, proposed.mode)
                self._take_capf(work, proposed.capf_certificate)
                self._on_disk.replace(proposed.content)  # last, so that nothing that fails comes after it
        except OSError as error:
            raise self._refused(actor, _unwritable(error)) from None
        finally:
            self._release()
        return (*(steps or (RESET,)), KEEP_SAFE)

    def discard(self, actor: Actor) -> None:
        """Forget what was staged."""
        self._release()
        self._record_refusal(actor, "the CTL client gave the new CTL file up")

    # -- what phones hold ---------------------------------------------------------------------------------

    def record_fetched(self, fetched: Iterable[FetchedTrustList]) -> None:
        """Note which phones got which edition: they hold it now, unless they had to refuse it."""
        with self._operations.log() as connection:
            for each in fetched:
                held = trust_lists.held_by(connection, each.device)
                if held == hash_of(each.content):
                    continue
                if held is None or takes(connection, held, each.content):
                    trust_lists.write_held(connection, each.device, hash_of(each.content), each.at)

    def forget(self, actor: Actor, device: str) -> None:
        """The CTL file was erased at the phone (CTL-19): it will take the next one. Raises :class:`NotFound`."""
        with self._operations.change(actor, FORGET_PHONE, Phone.noun, device) as work:
            work.get(Phone, device)
            if not trust_lists.forget_held(work.connection, device):
                raise NotFound("CTL file known to be held by", device)
            work.note(Phone.noun, device, Outcome.DONE, {"trust-list": "(held)"}, {"trust-list": "(erased)"})

    # -- how ----------------------------------------------------------------------------------------------

    def _cluster(self, view: View) -> ClusterView:
        ports, services = service_parameters(view, CtlProviderParameters), services_that_run(view)
        local = self._certificates.server_name
        servers = [
            ClusterServer(
                server.name,
                server.address,
                ports[server.name].port_number,
                server.name == local,
                server.first_node,
                CALL_MANAGER.name in services[server.name],
                TFTP.name in services[server.name],
                CTL_PROVIDER.name in services[server.name],
                self._keys.certificate(CertificateKind.NODE).der if server.name == local else b"",
            )
            for server in sorted(view.every(Server), key=lambda server: (not server.first_node, server.name))
        ]
        return ClusterView(
            enterprise_parameters(view).cluster_security_mode,
            tuple(servers),
            self._capf_certificate(),
            tuple(each.der for each in certificates_trusted_for(view.connection, TrustPurpose.TOKEN)),
        )

    def _capf_certificate(self) -> bytes:
        kinds = self._keys.kinds()
        return self._keys.certificate(CertificateKind.CAPF).der if CertificateKind.CAPF in kinds else b""

    def _judge(self, view: View, proposed: ProposedEdition) -> None:
        former = trust_lists.current(view.connection)
        if (former.hash if former else "") != proposed.base:
            raise ChangedMeanwhile("the CTL file has changed since the client read it: begin again")
        try:
            new = trust_list.parse(proposed.content)
            old = trust_list.parse(former.content) if former else None
        except RefusedFile as refusal:
            raise Refused(f"the CTL file cannot be used: {refusal}") from None
        required = required_entries(self._cluster(view), proposed.mode, proposed.capf_certificate)
        now = self._now()
        found = list(
            objections(new, old, required, verify_signature, int(now.timestamp()), start_over=proposed.start_over)
        )
        authorities = certificates_trusted_for(view.connection, TrustPurpose.TOKEN)
        found += token_objections(new, old, authorities, now)
        signer = new.trust.list_signer(new.header.signer)
        if signer is None or signer.der != proposed.proved_by:
            found.append("the token that signed it has not proved itself on this connection")
        if found:
            raise Refused("the new CTL file is refused: " + "; ".join(found))
        stranded = plan_of(view.connection, new.header.signer).stranded
        if stranded and not proposed.override:
            raise WouldStrand(
                f"phones would no longer trust the cluster: {len(stranded)}, first {stranded[0].device}: "
                f"{stranded[0].reason}; see ringward ctl plan, or override it"
            )

    def _put_into_force(self, work: Work, former: TrustListRow | None, proposed: ProposedEdition) -> None:
        signer = trust_list.parse(proposed.content).header.signer.name
        row = TrustListRow(self._operations.now(), proposed.content, signer, proposed.mode)
        trust_lists.append(work.connection, row)
        _note(work, former, row)
        work.announce(NOUN, FILE_NAME, Action.UPDATED if former else Action.ADDED)

    def _take_capf(self, work: Work, der: bytes) -> None:
        """On subsequent nodes: keep the certificate of CAPF, and believe the certificates it issues (CTL-08)."""
        server = work.find(Server, self._certificates.server_name)
        if not der or (server is not None and server.first_node):
            return
        certificate = Certificate.load(der)
        with suppress(AlreadyExists):
            trust(work, self._operations.now(), TrustPurpose.CAPF, certificate)
        for name, content in zip(_CAPF_FILES, (certificate.der, certificate.pem), strict=True):
            write_atomically(self._directory / "certificates" / name, content, mode=0o644)

    def _release(self) -> None:
        with suppress(OSError):
            (self._directory / _STAGED).unlink(missing_ok=True)
        with suppress(RuntimeError):  # nothing was staged
            self._committing.release()

    @contextmanager
    def attempt(self, actor: Actor) -> Iterator[None]:
        """For what comes before :meth:`stage`: if it fails, the log tells the reason."""
        try:
            yield
        except NotAllowed:
            raise  # it is in the log already
        except RingwardError as error:
            raise self._refused(actor, error) from None

    def failed_elsewhere(self, actor: Actor, reason: str) -> None:
        """An attempt failed at the CTL client, before anything was asked of this server: the log tells it."""
        self._record_refusal(actor, f"at the CTL client: {reason}")

    def _refused(self, actor: Actor, error: RingwardError) -> RingwardError:
        self._record_refusal(actor, str(error))
        return error

    def _record_refusal(self, actor: Actor, reason: str) -> None:
        self._operations.record_refusal(actor, _UPDATE, NOUN, FILE_NAME, reason)

    def _refusal(self, actor: Actor, reason: str) -> RingwardError:
        return self._refused(actor, Refused(reason))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._operations.now() / 1000, UTC)


def _unwritable(error: OSError) -> Unavailable:
    return Unavailable(f"the new CTL file cannot be written: {error.strerror}")


def _note(work: Work, former: TrustListRow | None, row: TrustListRow) -> None:
    outcome = Outcome.UPDATED if former else Outcome.ADDED
    work.note(NOUN, FILE_NAME, outcome, _told(former) if former else {}, _told(row))


def _told(row: TrustListRow) -> dict[str, str]:
    found = trust_list.parse(row.content)
    return {
        "sha256": row.hash,
        "signer": row.signer,
        "tokens": ", ".join(token.subject for token in tokens_of(found.trust)),
        "servers": ", ".join(
            f"{each.role.label} {each.host}" for each in found.trust.records if not each.role.signs_lists
        ),
        "mode": row.mode.label,
    }


def _set_mode(work: Work, mode: ClusterSecurityMode) -> tuple[str, ...]:
    """The one place that sets the cluster security mode (CLUSTER-03, CLUSTER-04)."""
    before = enterprise_parameters(work).cluster_security_mode
    if before is mode:
        return ()
    texts = parameters.enterprise_texts(work.connection)
    texts["cluster_security_mode"] = mode.label
    parameters.write_enterprise_texts(work.connection, texts)
    noun = EnterpriseParameters.noun
    was, now = {"cluster_security_mode": before.label}, {"cluster_security_mode": mode.label}
    work.note(noun, "", Outcome.UPDATED, was, now)
    work.announce(noun, "", Action.UPDATED)
    if mode is ClusterSecurityMode.MIXED:
        switch_off(work)
    return tuple(due.text for due in due_after(noun, was))
