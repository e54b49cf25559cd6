"""What the CTL Provider does for one client: each request of the protocol becomes a use case."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from hashlib import sha256

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor, authorize
from ringward.administration.second_factors import LONGEST_CODE
from ringward.administration.trust_list import Busy, ChangedMeanwhile, ProposedEdition, WouldStrand
from ringward.domain.alarm import raised
from ringward.domain.alarm_catalogue import CTL_REQUEST_FAILED
from ringward.domain.errors import (
    CodeWanted,
    LockedOut,
    NotAllowed,
    NotAuthenticated,
    Refused,
    RingwardError,
    Unavailable,
)
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.pki.listing import verify_signature
from ringward.protocols.ctl_provider import messages
from ringward.protocols.ctl_provider.messages import (
    MAX_ENTRIES,
    MAX_TEXT,
    Abort,
    Aborted,
    Cluster,
    Commit,
    Committed,
    DescribeCluster,
    FailureNoted,
    ForgetPhone,
    GetTrustList,
    IssueTokenCertificate,
    LoggedIn,
    LogIn,
    ModeNoted,
    PhoneForgotten,
    Plan,
    PlanChange,
    ProveToken,
    Refusal,
    RefusalCode,
    Reply,
    ReportFailure,
    Request,
    Saved,
    SaveTrustList,
    SetClusterMode,
    TokenCertificate,
    TokenProved,
    TrustListReply,
    new_token_proof,
    token_proof,
)

PERMISSION = "trust-list.update"
"""Needed to log in at all (CTLP-08): a client that may only look is of no use."""
_CODES: tuple[tuple[type[RingwardError], RefusalCode], ...] = (
    (CodeWanted, RefusalCode.CODE_WANTED),
    (NotAuthenticated, RefusalCode.WRONG_CREDENTIALS),
    (LockedOut, RefusalCode.LOCKED_OUT),
    (NotAllowed, RefusalCode.NOT_ALLOWED),
    (Busy, RefusalCode.BUSY),
    (ChangedMeanwhile, RefusalCode.CHANGED),
    (WouldStrand, RefusalCode.WOULD_STRAND),
    (Unavailable, RefusalCode.FAILED),
    (RingwardError, RefusalCode.REFUSED),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a session knows of its connection."""

    origin: str
    challenge: bytes
    server_certificate: bytes
    """DER of the certificate that the client saw."""
    port_offset: int

    @property
    def certificate_hash(self) -> bytes:
        """By which proofs are bound to this server."""
        return sha256(self.server_certificate).digest()


class Session:
    """One client. :meth:`answer` waits for database and disk, so it is called in a thread.

    The service may :meth:`close` it from another thread while a request is still being carried out, when it stops:
    what that request saves is forgotten after it. Otherwise nobody could ever save a CTL file again.
    """

    def __init__(self, administration: Administration, connection: Connection) -> None:
        self._administration = administration
        self._ctl_file = administration.ctl_file
        self._connection = connection
        self._actor: Actor | None = None
        self._mode: ClusterSecurityMode | None = None
        self._proved_by = b""
        self._staged: ProposedEdition | None = None
        self._turn = threading.Lock()

    @property
    def logged_in(self) -> bool:
        """Whether the administrator is known."""
        return self._actor is not None

    def answer(self, request: Request) -> Reply:
        """Carry a request out; every failure is a refusal."""
        try:
            with self._turn:
                return self._answer(request)
        except RingwardError as error:
            code = next(code for kind, code in _CODES if isinstance(error, kind))
            return Refusal(code.value, str(error)[:MAX_TEXT])
        except Exception:
            _log.exception("the request %s failed", request.type)
            said = f"a request of a CTL client failed: {request.type}"
            self._administration.alarms.report(raised(CTL_REQUEST_FAILED, str(request.type), said))
            return Refusal(RefusalCode.FAILED.value, "the server could not do this; its log says why")

    def close(self) -> None:
        """The connection has ended; what was saved and not committed is forgotten."""
        with self._turn:
            self._discard()

    def _discard(self) -> None:
        if self._staged is not None:
            self._staged = None
            self._ctl_file.discard(self._known())

    def _known(self) -> Actor:
        if self._actor is None:
            raise NotAuthenticated
        return self._actor

    def _answer(self, request: Request) -> Reply:
        if isinstance(request, LogIn):
            return self._log_in(request)
        actor = self._known()
        match request:
            case DescribeCluster():
                return self._cluster(actor)
            case GetTrustList():
                present = self._ctl_file.present(actor)
                return TrustListReply(present.content, present.location, present.warning)
            case IssueTokenCertificate():
                return self._issue(actor, request)
            case PlanChange():
                return self._plan(actor, request)
            case ForgetPhone():
                self._ctl_file.forget(actor, request.device)
                return PhoneForgotten()
            case ReportFailure():
                self._ctl_file.failed_elsewhere(actor, request.reason)
                return FailureNoted()
            case ProveToken():
                return self._prove(actor, request)
            case SetClusterMode():
                if request.mode not in list(ClusterSecurityMode):
                    raise Refused("the cluster security mode is 0 (nonsecure) or 1 (mixed)")
                self._mode = ClusterSecurityMode(request.mode)
                return ModeNoted()
            case SaveTrustList():
                return self._save(actor, request)
            case Commit():
                return self._commit(actor)
            case Abort():
                self._discard()
                return Aborted()
        raise Refused(f"{request.type} is not known here")

    def _log_in(self, request: LogIn) -> Reply:
        password = Secret(request.password)
        actor = self._administration.authentication.administrator(
            request.user, password, f"CTL client at {self._connection.origin}", request.code[:LONGEST_CODE]
        )
        authorize(actor, PERMISSION)
        self._actor = actor
        return LoggedIn()

    def _cluster(self, actor: Actor) -> Reply:
        found = self._ctl_file.cluster(actor)
        servers = tuple(
            messages.ServerEntry(
                name=each.name,
                address=each.address,
                ctl_port=each.ctl_port + self._connection.port_offset,
                is_local=each.is_local,
                is_first=each.is_first,
                runs_call_manager=each.runs_call_manager,
                runs_tftp=each.runs_tftp,
                runs_provider=each.runs_provider,
                certificate=each.certificate,
            )
            for each in found.servers
        )
        return Cluster(found.mode.value, servers, found.capf_certificate, found.token_authorities)

    def _issue(self, actor: Actor, request: IssueTokenCertificate) -> Reply:
        place = self._connection
        proof = new_token_proof(place.challenge, place.certificate_hash, request.name, request.public_key)
        certificate = self._ctl_file.issue_token_certificate(
            actor, request.name, request.public_key, proof, request.signature
        )
        return TokenCertificate(certificate)

    def _plan(self, actor: Actor, request: PlanChange) -> Reply:
        plan = self._ctl_file.plan(actor, request.tokens, request.signer)
        named = (
            messages.StrandedPhone(each.device, each.reason[:MAX_TEXT]) for each in plan.stranded[:MAX_ENTRIES]
        )
        return Plan(plan.known, len(plan.stranded), tuple(named))

    def _prove(self, actor: Actor, request: ProveToken) -> Reply:
        proof = token_proof(self._connection.challenge, self._connection.certificate_hash)
        with self._ctl_file.attempt(actor):
            if not verify_signature(request.certificate, proof, request.signature, HashAlgorithm.SHA256):
                raise Refused("the token did not prove that it is the one of this certificate")
        self._proved_by = request.certificate
        return TokenProved()

    def _save(self, actor: Actor, request: SaveTrustList) -> Reply:
        if self._mode is None:
            raise Refused("set the cluster mode first: the mode and the CTL file belong together")
        proposed = ProposedEdition(
            content=request.content,
            base=request.base,
            mode=self._mode,
            proved_by=self._proved_by,
            override=request.override,
            start_over=request.start_over,
            capf_certificate=request.capf_certificate,
        )
        location = self._ctl_file.stage(actor, proposed)
        self._staged = proposed
        return Saved(location)

    def _commit(self, actor: Actor) -> Reply:
        staged, self._staged = self._staged, None
        if staged is None:
            raise Refused("nothing is saved that could be committed")
        steps = self._ctl_file.commit(actor, staged)
        return Committed(self._ctl_file.location, steps)
