"""Scenes of phones' certificates."""

from __future__ import annotations

import asyncio

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.demo.observation import require, until
from ringward.demo.office import Office
from ringward.demo.steps import Scene
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import EVERYTHING
from ringward.domain.service import CAPF
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, Protocol
from ringward.files.trust_list import TrustListRole
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.enrolment import Result
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.retrieval import ServerSilent
from ringward.phone.security_menu import UNLOCK
from ringward.pki.certificates import Certificate

_DEVICE, _MODEL, _NUMBER = "SEP020000002001", "7961", "2001"
_ADMINISTRATOR = Actor("demonstration", EVERYTHING, "make demo")


def _prepare(office: Office) -> str:
    """CAPF runs, phones are told its certificate, and an installation is pending; returns the generated string."""
    administration = Administration.open(office.node.directory)
    try:
        administration.parameters.set_enterprise(_ADMINISTRATOR, {"Identity Trust List": "true"})
        (server,) = {each.server for each in administration.service_control.every(_ADMINISTRATOR)}
        administration.service_control.activate(_ADMINISTRATOR, server, CAPF)
        profile = nonsecure_profile_name(_MODEL, Protocol.SIP)
        administration.phones.add(
            _ADMINISTRATOR,
            Phone(
                _DEVICE,
                _MODEL,
                Protocol.SIP,
                profile,
                description="Phone of the reception",
                lines=(PhoneLine(1, _NUMBER),),
            ),
        )
        wanted = WantedOperation(
            CertificateOperation.INSTALL_UPGRADE,
            generate_string=True,
            authentication_mode=CapfAuthenticationMode.AUTHENTICATION_STRING,
        )
        administration.certificate_operations.give(_ADMINISTRATOR, wanted, devices=[_DEVICE])
        (row,) = (
            each
            for each in administration.certificate_operations.report(_ADMINISTRATOR)
            if each.device_name == _DEVICE
        )
        return row.authentication_string
    finally:
        administration.close()


async def capf_install(office: Office) -> str:
    """A new phone gets its certificate from CAPF by an authentication string that is typed in at the phone."""
    string = await asyncio.to_thread(_prepare, office)
    views = await office.node.ask("settle")
    require(
        any(each["service"] == CAPF.name and each["status"] == "Started" for each in views), "CAPF does not run"
    )
    phone = DeskPhone(
        identify(_DEVICE, _MODEL),
        (office.file_server,),
        lambda phone, event: None,
        Options(register=False, media=False),
        identity_list=True,
        tell=lambda text: office.tell(f"{_DEVICE}: {text}"),
    )
    try:

        async def told_to_call() -> bool:
            try:
                booted = await phone.boot(attempts=1)
            except ServerSilent:  # the node has not noticed the new phone yet
                return False
            await booted.stop()
            by_string = CapfAuthenticationMode.AUTHENTICATION_STRING
            return booted.configuration.capf_authentication_mode == by_string.number

        await until(told_to_call, "the phone's file does not say that an operation is pending")
        phone.menu.press(UNLOCK)
        phone.enter_authentication_string(string)
        enrolled = await phone.enrolment_over()
        require(enrolled is not None and enrolled.result is Result.INSTALLED, f"the phone says: {enrolled}")
        pair = phone.security.keys.lsc
        require(pair is not None, "the phone holds no certificate")
        roots = [
            Certificate(record.certificate.der)
            for record in phone.security.trust.trust.having(TrustListRole.CAPF)
            if record.certificate is not None
        ]
        lsc = pair.certificate if pair is not None else roots[0]
        require(any(lsc.is_issued_by(root) for root in roots), "CAPF in the phone's trust list has not signed it")
        require(lsc.common_name == _DEVICE, f"the certificate names {lsc.common_name}")
    finally:
        await phone.stop()
    calls = await office.node.ask("capf-calls")
    seen = {(each["device"], each["outcome"]) for each in calls}
    require((_DEVICE, "Upgrade Success") in seen, f"the node says {sorted(seen)}")
    return (
        f"{len(string)} digits typed in at {_DEVICE}; it holds a certificate ({lsc.key_description}) that CAPF in "
        "its trust list has signed; the node says: Upgrade Success"
    )


CERTIFICATES = (Scene("capf-install", "A new phone gets its certificate from CAPF", capf_install),)
