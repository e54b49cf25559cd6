"""Phones that nobody has configured and that ask to be registered: with auto-registration they get a record.

Such a phone has found no file of its own and read the default file, which gives it no number. It registers by its
device name, and says in its Contact which device and model it is. The answer waits until the record has been made;
then the phone is told to read its files anew, and comes back with its number (CLUSTER-11). Nothing is proved by
this: so it is off by default, bounded by the range of numbers, and never there in mixed mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ringward.calls.directory import LineAppearance
from ringward.domain.phone_models import MODELS_BY_STATION_TYPE, capability_of
from ringward.domain.rules.device_name import DEVICE_NAME
from ringward.domain.vocabulary import Protocol
from ringward.protocols.sip.header import NameAddress, parse_name_address
from ringward.protocols.sip.message import Headers, Request, response_to
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.services.call_manager.identification import DEVICE_PARAMETER
from ringward.services.call_manager.registrations import Binding
from ringward.services.call_manager.stations import Stations

MAX_WAITING = 16
"""Phones whose records are being made; further ones are told to ask again."""
PATIENCE = 32.0
"""Seconds after which a phone does not wait for the answer any more (timer F)."""
AGAIN = "10"
"""Seconds after which the others ask again."""
GRANTED = 60
"""Seconds of the registration by which a phone is told to read its files; one that did not hear asks again."""
_MODEL_PARAMETER = "+u.sip!model.ccm.cisco.com"


@dataclass(slots=True)
class _Waiting:
    """One phone that waits for its record."""

    transaction: ServerTransaction
    contact: NameAddress
    since: float


class Newcomers:
    """See the module. Nothing here waits: records are made by whoever is connected."""

    def __init__(self, stations: Callable[[], Stations], read_files: Callable[[Binding, float], None]) -> None:
        """``read_files`` tells a phone at a contact to read its files anew."""
        self._stations = stations
        self._read_files = read_files
        self._make: Callable[[str, str], None] | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._refused_by: Stations | None = None

    def connect(self, make: Callable[[str, str], None]) -> None:
        """Who makes the record of a device of a model; the end is seen in the configuration, or :meth:`failed`."""
        self._make = make

    def take(self, transaction: ServerTransaction, now: float) -> bool:
        """Whether a REGISTER is a newcomer's and dealt with here."""
        stations, make = self._stations(), self._make
        if make is None or not stations.auto_registration or stations is self._refused_by:
            return False
        contact = _contact_of(transaction.request)
        device = _device_of(contact)
        if contact is None or not device:
            return False
        if device in stations.directory.devices:
            # It was made a moment ago, or by hand, and the phone has not read its file yet.
            asked = transaction.request.address("To")
            if asked is None or asked.uri.user.upper() != device:
                return False
            self._welcome(device, _Waiting(transaction, contact, now), now)
            return True
        model = _model_of(contact)
        if not model:
            return False
        self._forget_late(now)
        if device in self._waiting or len(self._waiting) >= MAX_WAITING:
            headers: Headers = {"Retry-After": [AGAIN]}
            transaction.dismiss(response_to(transaction.request, 503, to_tag="newcomer", headers=headers), now)
            return True
        self._waiting[device] = _Waiting(transaction, contact, now)
        make(device, model)
        return True

    def failed(self, device: str, now: float) -> None:
        """The record could not be made; until the configuration changes nobody else need try."""
        self._refused_by = self._stations()
        waiting = self._waiting.pop(device, None)
        if waiting is not None:
            waiting.transaction.answer(403, now, to_tag="newcomer")

    def configuration_changed(self, now: float) -> None:
        """Those who wait and are configured now may go on."""
        devices = self._stations().directory.devices
        for device in [device for device in self._waiting if device in devices]:
            self._welcome(device, self._waiting.pop(device), now)

    def _forget_late(self, now: float) -> None:
        for device, waiting in list(self._waiting.items()):
            if now - waiting.since > PATIENCE:
                del self._waiting[device]
                waiting.transaction.answer(503, now, to_tag="newcomer")

    def _welcome(self, device: str, waiting: _Waiting, now: float) -> None:
        request, flow = waiting.transaction.request, waiting.transaction.flow
        contact = waiting.contact.uri_text
        headers: Headers = {"Contact": [f"<{contact}>;expires={GRANTED}"]}
        waiting.transaction.respond(response_to(request, 200, to_tag="newcomer", headers=headers), now)
        place = Binding("", LineAppearance(device, 1, device, "", "", ()), contact, now)
        place.source = place.flow = flow
        place.call_id = request.call_id
        self._read_files(place, now)


def _contact_of(request: Request) -> NameAddress | None:
    """The only contact of a REGISTER; None for one that takes a registration back."""
    values = request.values("Contact")
    if len(values) != 1 or values[0] == "*" or request.number("Expires") == 0:
        return None
    return parse_name_address(values[0])


def _device_of(contact: NameAddress | None) -> str:
    stated = (contact.parameter(DEVICE_PARAMETER) or "").upper() if contact is not None else ""
    return stated if DEVICE_NAME.fullmatch(stated) else ""


def _model_of(contact: NameAddress) -> str:
    """The model by the number that a phone gives as its own, if it is one that speaks SIP."""
    stated = contact.parameter(_MODEL_PARAMETER) or ""
    if not (stated.isascii() and stated.isdigit() and len(stated) < 10):
        return ""
    model = MODELS_BY_STATION_TYPE.get(int(stated), "")
    return model if capability_of(model, Protocol.SIP) is not None else ""
