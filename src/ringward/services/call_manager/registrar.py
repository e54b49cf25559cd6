"""REGISTER: a phone says where its lines are (RFC 3261 section 10.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ringward.protocols.sip.dialog import flow_to
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.header import NameAddress, parse_name_address
from ringward.protocols.sip.message import Headers, Request, response_to
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.services.call_manager.identification import Station
from ringward.services.call_manager.registrations import MAX_BINDINGS_PER_LINE, Binding, Registrations
from ringward.services.call_manager.stations import Stations

log = logging.getLogger(__name__)

REGISTERED = "registered"
"""What is told of a contact that is new; of those that are gone, why."""
RESTARTED = "registered anew"
"""What is told of a contact that comes with another Call-ID: a phone keeps it until it boots (RFC 3261 10.2.4)."""

UNREGISTERED = "unregistered"

MOVED = "restarted under another address"
"""What is told of a contact whose phone, by its instance, has come back elsewhere and with another Call-ID."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A contact that a REGISTER names, and for how many seconds (0: no longer)."""

    address: NameAddress
    key: str
    expires: int


class Registrar:
    """Keeps the registrations by what REGISTER requests say; each was authorised before it comes here."""

    def __init__(
        self,
        stations: Callable[[], Stations],
        registrations: Registrations,
        on_change: Callable[[Binding, str], None],
    ) -> None:
        self._stations = stations
        self._registrations = registrations
        self._on_change = on_change

    def is_keepalive(self, request: Request, station: Station, flow: Flow) -> bool:
        """Whether this only refreshes, unchanged and from the same place, what was registered with credentials.

        Such a request is not challenged (SIPD-05, R-31).
        """
        try:
            contacts = request.values("Contact")
            if len(contacts) != 1 or contacts[0] == "*":
                return False
            contact = parse_name_address(contacts[0])
            binding = self._registrations.find(station.appearance, _key_of(contact))
            return (
                binding is not None
                and binding.call_id == request.call_id
                and binding.cseq < request.cseq[0]
                and (binding.source is flow or (not flow.reliable and binding.source.remote == flow.remote))
                and request.number("Expires") != 0
                and contact.parameter("expires") != "0"
            )
        except MalformedMessage:
            return False  # told so once it is known who it is, or whoever asks would learn that the number exists

    def register(self, transaction: ServerTransaction, station: Station, now: float) -> None:
        """Process an authorised REGISTER; raises :class:`MalformedMessage`."""
        request = transaction.request
        wanted = self._wanted(request, station)
        minimum = self._stations().parameters.sip_registration_minimum
        if any(0 < each.expires < minimum for each in wanted):
            headers: Headers = {"Min-Expires": [str(minimum)]}
            transaction.respond(response_to(request, 423, to_tag="registrar", headers=headers), now)
            return
        # All or nothing (RFC 3261 section 10.3, step 7): look first, then change.
        for each in wanted:
            old = self._find(station, each)
            if old is not None and old.call_id == request.call_id and request.cseq[0] <= old.cseq:
                transaction.answer(500, now, to_tag="registrar", reason="CSeq out of order")
                return
        new = [each for each in wanted if each.expires and not self._find(station, each)]
        if len(new) > MAX_BINDINGS_PER_LINE:
            transaction.answer(503, now, to_tag="registrar", reason="Too Many Contacts")
            return
        self._make_room(station, new, request.call_id)
        for each in wanted:
            self._apply(transaction, station, each, now)
        self._answer(transaction, station, now)

    def _wanted(self, request: Request, station: Station) -> list[_Wanted]:
        parameters = self._stations().parameters
        default = request.number("Expires")
        values = request.values("Contact")
        if "*" in values:
            if len(values) > 1 or default != 0:
                raise MalformedMessage("Contact * needs Expires 0 and nothing beside it")
            bindings = list(self._registrations.of_line(station.appearance))
            return [_Wanted(NameAddress("", each.contact), each.key, 0) for each in bindings]
        wanted: list[_Wanted] = []
        for value in values:
            address = parse_name_address(value)
            if address.uri.scheme not in ("sip", "sips"):
                raise MalformedMessage("Contact is no SIP URI")
            stated = address.parameter("expires")
            seconds = default if default is not None else parameters.sip_registration_default
            if stated is not None and stated.isascii() and stated.isdigit() and len(stated) <= 10:
                seconds = int(stated)
            wanted.append(_Wanted(address, _key_of(address), min(seconds, parameters.sip_registration_maximum)))
        return wanted

    def _find(self, station: Station, wanted: _Wanted) -> Binding | None:
        return self._registrations.find(station.appearance, wanted.key)

    def _make_room(self, station: Station, new: list[_Wanted], call_id: str) -> None:
        """A phone that comes back under another address replaces its former self (RFC 5626 section 6).

        One that does not say who it is takes, when the line is full, the place of the contact that ends soonest: a
        phone that restarts again and again, each time elsewhere, must not be locked out by its own past.
        """
        instances = {each.address.parameter("+sip.instance") or "" for each in new} - {""}
        bindings = sorted(self._registrations.of_line(station.appearance), key=lambda each: each.expires_at)
        for binding in bindings:
            if binding.instance in instances:
                self._registrations.remove(binding)
                if binding.call_id != call_id:
                    self._on_change(binding, MOVED)
        rest = [each for each in bindings if each.instance not in instances]
        for binding in rest[: max(0, len(rest) + len(new) - MAX_BINDINGS_PER_LINE)]:
            self._registrations.remove(binding)
            self._on_change(binding, "replaced by a newer contact")

    def _apply(self, transaction: ServerTransaction, station: Station, wanted: _Wanted, now: float) -> None:
        request, table = transaction.request, self._registrations
        binding = table.find(station.appearance, wanted.key)
        if wanted.expires == 0:
            if binding is not None:
                table.remove(binding)
                self._on_change(binding, UNREGISTERED)
            return
        news = ""
        if binding is None:
            news = REGISTERED
            binding = Binding(wanted.key, station.appearance, wanted.address.uri_text, now)
            binding.source = transaction.flow
        elif binding.call_id != request.call_id:
            news = RESTARTED
        binding.contact = wanted.address.uri_text
        binding.refusal = None
        table.rebind(binding, transaction.flow)
        binding.flow = flow_to(transaction.flow, binding.contact)
        binding.call_id, binding.cseq = request.call_id, request.cseq[0]
        binding.instance = wanted.address.parameter("+sip.instance") or ""
        binding.user_agent = (request.get("User-Agent") or "")[:80]
        binding.expires_at = now + wanted.expires
        table.put(binding)
        if news:
            self._on_change(binding, news)

    def _answer(self, transaction: ServerTransaction, station: Station, now: float) -> None:
        contacts = [
            f"<{each.contact}>;expires={max(0, int(each.expires_at - now + 0.5))}"
            for each in self._registrations.of_line(station.appearance)
        ]
        headers: Headers = {"Contact": contacts} if contacts else {}
        transaction.respond(response_to(transaction.request, 200, to_tag="registrar", headers=headers), now)


def _key_of(address: NameAddress) -> str:
    """User, host and port of a contact: what names it however its parameters change."""
    uri = address.uri
    return f"{uri.user}@{uri.host}:{uri.port or 5060}"
