"""The CTL file: what phones trust, who may sign the next one, and which phones would follow (CTL-01, CTL-03)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from ringward.administration.trust_list_rules import StrandedPhone
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list import Record, TrustListFile
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.certificates import Certificate
from ringward.web.navigation import SERVICE_ACTIVATION, WHY, path_of
from ringward.web.visit import Visit

_MOST_NAMED = 20
"""Stranded phones that are named for each token; the command names all."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an edition that this token signs would do to the phones."""

    token: str
    known: int
    following: int
    """How many of the phones whose list is known would take it."""
    stranded: tuple[StrandedPhone, ...]
    """The first of the others."""


def show(visit: Visit) -> Response:
    """The list in force, and what is needed for the next one."""
    ctl_file = visit.administration.ctl_file
    cluster, present = ctl_file.cluster(visit.actor), ctl_file.present(visit.actor)
    file = trust_list.parse(present.content) if present.content else None
    providers = [each for each in cluster.servers if each.runs_provider]
    first = next((each for each in cluster.servers if each.is_first), cluster.servers[0])
    return visit.show(
        "trust_list.html",
        is_mixed=cluster.mode is ClusterSecurityMode.MIXED,
        servers=cluster.servers,
        without_provider=[each.name for each in cluster.servers if not each.runs_provider],
        has_capf=bool(cluster.capf_certificate),
        present=present,
        signed=None if file is None else (file.header.signer.name, file.timestamp * 1000),
        records=[] if file is None else [_row(each) for each in file.trust.records],
        prospects=[] if file is None else _prospects(visit, file),
        first=first,
        port=first.ctl_port + visit.site.live.ask("status")["port_offset"],
        ready=len(providers) == len(cluster.servers),
        activation=SERVICE_ACTIVATION,
        phone_path=lambda device: path_of(Phone.noun, device, WHY),
    )


def _row(record: Record) -> tuple[str, str, str, str]:
    """Function, host, subject and SHA-256 of a record."""
    certificate = record.certificate
    if certificate is None:
        return record.role.label, record.host or "", "(no certificate: the cluster is nonsecure)", ""
    fingerprint = Certificate(certificate.der).fingerprint_sha256
    return record.role.label, record.host or "", certificate.subject, fingerprint


def _prospects(visit: Visit, file: TrustListFile) -> list[Prospect]:
    tokens = [each.der for each in tokens_of(file.trust)]
    found = []
    for each in tokens_of(file.trust):
        plan = visit.administration.ctl_file.plan(visit.actor, tokens, each.der)
        following = plan.known - len(plan.stranded)
        found.append(Prospect(each.subject, plan.known, following, plan.stranded[:_MOST_NAMED]))
    return found
