"""Who is it, may it: every request passes here before anything is done for it.

Whoever is refused is refused in the same words, and nothing is kept of it: the cause goes to the log alone. So a
stranger finds out neither which numbers exist nor which of them ask for digest credentials or a certificate. One
thing he can find out: a phone whose profile asks for nothing is registered by whoever knows its number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ringward.calls.directory import Device
from ringward.domain.alarm_catalogue import PHONE_REFUSED, STRANGER_REFUSED
from ringward.domain.rules.device_security import Connection, registration_refusal
from ringward.domain.rules.digest import is_challenged
from ringward.domain.vocabulary import TransportType
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.origin import same_hop
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.services.call_manager.authentication import Authenticator
from ringward.services.call_manager.identification import calling_station, registering_station
from ringward.services.call_manager.newcomers import Newcomers
from ringward.services.call_manager.offences import Offences
from ringward.services.call_manager.registrar import Registrar
from ringward.services.call_manager.registrations import Refusal, Registrations
from ringward.services.call_manager.sip_leg import SipLeg
from ringward.services.call_manager.stations import Stations

log = logging.getLogger(__name__)

_TRANSPORT_TYPES = {
    Transport.UDP: TransportType.UDP,
    Transport.TCP: TransportType.TCP,
    Transport.TLS: TransportType.TLS,
}


def refusal_of(device: Device, flow: Flow) -> str | None:
    """Why a device must not come by a flow, None if it may (CLUSTER-05, PSP-22)."""
    connection = Connection(
        _TRANSPORT_TYPES[flow.transport],
        flow.cipher_encrypts,
        proves_device=flow.peer_subject == device.name,
        proves_another=flow.peer_subject if flow.peer_subject != device.name else "",
        passes_over_lsc=flow.passes_over_lsc,
    )
    return registration_refusal(device.security_mode, device.transport, connection)


class Authorisation:
    """See the module. A request that may not go on has been answered."""

    def __init__(
        self,
        stations: Callable[[], Stations],
        registrations: Registrations,
        registrar: Registrar,
        authenticator: Authenticator,
        offences: Offences,
        newcomers: Newcomers,
    ) -> None:
        self._stations = stations
        self._registrations = registrations
        self._registrar = registrar
        self._authenticator = authenticator
        self._offences = offences
        self._newcomers = newcomers
        self.refused = 0
        """Requests of those who are not known where they come from."""

    def of_request(self, transaction: ServerTransaction, now: float) -> bool:
        """Whether a request outside of a dialog may go on; notes in ``origin`` whose it is."""
        request, flow = transaction.request, transaction.flow
        station = calling_station(self._stations(), self._registrations, request, flow)
        if station is None:
            self.refused += 1
            self._offences.note(
                "refused",
                flow.remote[0],
                "%s sent %s as %.120s: refused, no phone is registered with that line from there",
                flow,
                request.method,
                request.get("From"),
                alarm=STRANGER_REFUSED,
            )
            transaction.refuse(403, now, to_tag="refused")
            return False
        transaction.origin = station
        binding = station.binding
        if binding is not None and binding.refusal is not None:
            self._note(station.device, flow, binding.refusal, now)
            transaction.refuse(403, now, to_tag="refused")
            return False
        return self._authenticate(transaction, station.device, now)

    def in_call(self, transaction: ServerTransaction, leg: SipLeg, now: float) -> bool:
        """Whether a request in a dialog comes from the party that the dialog is with, and may go on."""
        if not same_hop(leg.flow, transaction.flow):
            self.refused += 1
            self._offences.note(
                "refused",
                transaction.flow.remote[0],
                "%s sent %s in a call of %s: refused",
                transaction.flow,
                transaction.request.method,
                leg.flow,
                alarm=STRANGER_REFUSED,
            )
            transaction.refuse(403, now)
            return False
        return self._authenticate(transaction, leg.device, now)

    def of_registration(self, transaction: ServerTransaction, now: float) -> bool:
        """Whether a REGISTER may go on; notes in ``origin`` whose it is."""
        request, flow = transaction.request, transaction.flow
        station = registering_station(self._stations(), request)
        if station is None:
            if not self._newcomers.take(transaction, now):
                # Challenged like a known phone, so that numbers cannot be found out by trying.
                self._authenticator.verify(transaction, None, now)
            return False
        transaction.origin = station
        device = station.device
        refusal = refusal_of(device, flow)
        if refusal is not None:
            self._note(device, flow, refusal, now)
            if not device.digest_required:
                self._authenticator.rebuff(transaction, now)
            elif self._authenticator.verify(transaction, device, now):
                transaction.refuse(403, now, to_tag="refused")
            return False
        refreshes = device.digest_required and self._registrar.is_keepalive(request, station, flow)
        return self._authenticate(transaction, device, now, refreshes)

    def _authenticate(
        self, transaction: ServerTransaction, device: Device, now: float, refreshes: bool = False
    ) -> bool:
        method = transaction.request.method
        return not is_challenged(device.digest_required, method, refreshes) or self._authenticator.verify(
            transaction, device, now
        )

    def _note(self, device: Device, flow: Flow, reason: str, now: float) -> None:
        self.refused += 1
        offender = f"{device.name} at {flow.remote[0]}"
        message = "%s at %s refused: %s"
        self._offences.note("refused", offender, message, device.name, flow, reason, alarm=PHONE_REFUSED)
        self._registrations.refused(device.name, Refusal(now, repr(flow), reason))
