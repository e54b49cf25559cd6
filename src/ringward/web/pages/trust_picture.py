"""The trust picture (who signs whom, who trusts what), and the calendar of certificates that end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.responses import Response

from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.vocabulary import DeviceCertificateKind
from ringward.files import trust_list
from ringward.files.trust_list import TrustListFile
from ringward.pki.certificates import Certificate
from ringward.web.certificate_calendar import Ending, certificate_calendar
from ringward.web.navigation import CERTIFICATES, TRUST_LIST
from ringward.web.trust_picture import Bond, Party, trust_picture
from ringward.web.visit import Visit

_SERVERS, _TRUSTED, _PHONES = "servers", "trusted", "phones"
_GROUPS = (_SERVERS, _TRUSTED, _PHONES)
_MOST_MAKERS = 3
"""Manufacturers that have a box each."""
_CTL, _LSCS, _MICS, _MANAGER, _ALL = "CTL file", "LSCs of phones", "MICs of phones", "Call manager", "Each phone"


def show(visit: Visit) -> Response:
    """The picture, with the same as a table."""
    parties, bonds = _trust(visit)
    return visit.show(
        "trust_picture.html",
        picture=trust_picture(parties, bonds),
        parties=parties,
        bonds=bonds,
        trust_list=TRUST_LIST,
    )


def show_calendar(visit: Visit) -> Response:
    """A bar for each of the next months."""
    now = datetime.fromtimestamp(visit.site.now(), UTC)
    calendar = certificate_calendar(_endings(visit), _GROUPS, now, (_SERVERS, _TRUSTED))
    return visit.show("certificate_calendar.html", calendar=calendar, groups=_GROUPS, certificates=CERTIFICATES)


def _endings(visit: Visit) -> Iterator[Ending]:
    for each in visit.administration.certificates.find(visit.actor):
        yield Ending(each.certificate.valid_to, _SERVERS, f"{each.kind.title} of {each.server}")
    for trusted in visit.administration.trust_stores.find(visit.actor):
        name = f"{trusted.certificate.common_name} in {trusted.purpose.title}"
        yield Ending(trusted.certificate.valid_to, _TRUSTED, name)
    for device, ends in visit.administration.device_certificates.endings(visit.actor):
        yield Ending(datetime.fromtimestamp(ends / 1000, UTC), _PHONES, device)


def _trust(visit: Visit) -> tuple[list[Party], list[Bond]]:
    """All parties that there are here, and what holds between them."""
    own = {each.kind: each.certificate for each in visit.administration.certificates.find(visit.actor)}
    held = Counter(visit.administration.device_certificates.kinds_held(visit.actor))
    content = visit.administration.ctl_file.present(visit.actor).content
    file = trust_list.parse(content) if content else None
    parties = [Party(_MANAGER, own[CertificateKind.NODE].common_name, 3)] if CertificateKind.NODE in own else []
    parties.append(Party(_ALL, "believes whom that lists" if file else "believes who serves it", 3))
    bonds: list[Bond] = []
    _add_ctl_file(parties, bonds, file, own.get(CertificateKind.TOKEN_CA))
    if CertificateKind.CAPF in own:
        parties += [
            Party("CAPF", own[CertificateKind.CAPF].common_name, 1),
            Party(_LSCS, f"{held[DeviceCertificateKind.LSC]} installed", 2),
        ]
        bonds += [Bond("CAPF", "signs", _LSCS), Bond(_MANAGER, "trusts", "CAPF")]
        if file is not None:
            bonds.append(Bond(_CTL, "lists", "CAPF"))
    _add_makers(visit, parties, bonds, own.get(CertificateKind.CAPF), held[DeviceCertificateKind.MIC])
    known = {each.name for each in parties}
    return parties, [each for each in bonds if {each.subject, each.object} <= known]


def _add_ctl_file(
    parties: list[Party], bonds: list[Bond], file: TrustListFile | None, authority: Certificate | None
) -> None:
    if file is None:
        return
    parties.append(Party(_CTL, f"signed {datetime.fromtimestamp(file.timestamp, UTC):%Y-%m-%d}", 2))
    bonds += [Bond(_CTL, "lists", _MANAGER), Bond(_ALL, "trusts", _CTL)]
    signer = file.trust.list_signer(file.header.signer)
    if authority is not None:
        parties.append(Party("Token CA", authority.common_name, 0))
    for record in file.trust.records:
        if not record.role.signs_lists or record.certificate is None:
            continue
        token = Certificate(record.certificate.der)
        signed = signer is not None and signer.der == record.certificate.der
        name = token.common_name
        parties.append(Party(name, "signed the CTL file" if signed else "in reserve", 1))
        if authority is not None and token.issuer == authority.subject:
            bonds.append(Bond("Token CA", "signs", name))
        bonds.append(Bond(name, "signs", _CTL) if signed else Bond(_CTL, "lists", name))


def _add_makers(
    visit: Visit, parties: list[Party], bonds: list[Bond], capf: Certificate | None, mics: int
) -> None:
    makers = [
        each.certificate.common_name
        for each in visit.administration.trust_stores.find(visit.actor, TrustPurpose.CAPF)
        if capf is None or each.certificate.subject != capf.subject
    ]
    if not makers:
        return
    parties.append(Party(_MICS, f"{mics} seen", 2))
    shown = makers if len(makers) <= _MOST_MAKERS else [f"{len(makers)} manufacturers"]
    for name in shown:
        parties.append(Party(name, "manufacturer, in CAPF-trust", 1))
        bonds += [Bond(name, "signs", _MICS), Bond(_MANAGER, "trusts", name)]
