"""What phones watch: messages for their lines, calls at lines they share or have a lamp for (RFC 6665).

A phone may watch the messages of its own lines (AUTHZ-16), and the calls at every number that it may call. Who is
at the other end, and how to take the call over, it learns only of numbers that are on one of its own lines.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ringward.calls.line_states import LineCall, LineStates
from ringward.calls.message_waiting import MessageWaiting, Number
from ringward.calls.watching import StopWatching
from ringward.protocols.sip import dialog_info, message_summary
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import dialog_begun_by
from ringward.protocols.sip.dialog_info import DialogIdentity, DialogState, encode_dialog_info
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.flow import Flow, host_for_uri
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.message_summary import MessageSummary
from ringward.protocols.sip.subscription import Subscription
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.protocols.sip.uri import escape_user, parse_uri
from ringward.services.call_manager.identification import Station
from ringward.services.call_manager.registrations import Binding, Registrations
from ringward.services.call_manager.sip_leg import SipLeg
from ringward.services.call_manager.stations import Stations
from ringward.services.call_manager.unsolicited import unsolicited_notify

log = logging.getLogger(__name__)

MAX_PER_DEVICE = 128
"""Subscriptions of one device: a lamp for each button of a phone with three expansion modules, and its lines."""
MAX_SUBSCRIPTIONS = 50_000
"""Subscriptions of all devices; each takes some 3 KB."""
RETRY_AFTER = "300"
"""Seconds after which one may be had that is too many now."""
LONGEST = 3_600
"""Seconds for which a subscription lasts at most, and without a wish (RFC 4235 section 3.4)."""
SHORTEST = 60
"""Seconds below which a wish is refused: each refresh costs two requests."""
CONTENT_TYPES = {
    dialog_info.PACKAGE: dialog_info.CONTENT_TYPE,
    message_summary.PACKAGE: message_summary.CONTENT_TYPE,
}
"""The event packages, with what their NOTIFYs hold."""
EVENTS: Headers = {"Allow-Events": [", ".join(CONTENT_TYPES)]}


@dataclass(slots=True, eq=False)
class _Watch:
    """Who watches what."""

    device: str
    binding: Binding
    package: str
    number: Number
    event: str
    subscription: Subscription = field(init=False)
    stop: StopWatching = field(init=False)


class Subscriptions:
    """All subscriptions of a node."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        stations: Callable[[], Stations],
        registrations: Registrations,
        message_waiting: MessageWaiting,
        clock: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._stations = stations
        self._registrations = registrations
        self._messages = message_waiting
        self._clock = clock
        self._lines: LineStates | None = None
        self._watches: dict[str, _Watch] = {}
        self._per_device: Counter[str] = Counter()
        message_waiting.on_change = self._messages_changed

    def connect(self, line_states: LineStates) -> None:
        """Give it what the call engine tells of lines."""
        self._lines = line_states

    def __len__(self) -> int:
        return len(self._watches)

    # -- SUBSCRIBE ----------------------------------------------------------------------------------------

    def subscribe(self, transaction: ServerTransaction, station: Station, now: float) -> None:
        """Process an authorised SUBSCRIBE; raises :class:`MalformedMessage`."""
        request = transaction.request
        event = request.get("Event") or ""
        package = event.partition(";")[0].strip().lower()
        content_type = CONTENT_TYPES.get(package)
        if content_type is None:
            transaction.dismiss(response_to(request, 489, to_tag="refused", headers=EVENTS), now)
            return
        if not _accepts(request, content_type):
            transaction.refuse(406, now, to_tag="refused")
            return
        wish = request.number("Expires")
        seconds = LONGEST if wish is None else min(wish, LONGEST)
        if 0 < seconds < SHORTEST:
            least: Headers = {"Min-Expires": [str(SHORTEST)]}
            transaction.dismiss(response_to(request, 423, to_tag="refused", headers=least), now)
        elif request.to_tag:
            self._extend(transaction, station, seconds, now)
        else:
            self._begin(transaction, station, event, package, seconds, now)

    def _extend(self, transaction: ServerTransaction, station: Station, seconds: int, now: float) -> None:
        request = transaction.request
        watch = self._watches.get(f"{request.call_id} {request.to_tag}")
        if watch is None or watch.device != station.device.name or station.binding is None:
            transaction.refuse(481, now)
            return
        dialog = watch.subscription.dialog
        if request.from_tag != dialog.remote_tag or request.get("Event") != watch.event:
            transaction.refuse(481, now)
        elif request.cseq[0] <= dialog.remote_cseq:
            transaction.refuse(500, now, reason="CSeq out of order")
        else:
            dialog.remote_cseq = request.cseq[0]
            dialog.refresh(request)
            watch.binding = station.binding
            self._accept(transaction, watch.subscription, seconds, now)

    def _begin(
        self, transaction: ServerTransaction, station: Station, event: str, package: str, seconds: int, now: float
    ) -> None:
        request, device = transaction.request, station.device.name
        number = self._watchable(station, package, parse_uri(request.uri).user)
        if number is None or station.binding is None:
            log.info("%s may not watch %s of %.64r", device, package, parse_uri(request.uri).user)
            transaction.refuse(403, now, to_tag="refused")
            return
        watch = _Watch(device, station.binding, package, number, event)
        self._replace_former(watch, now)
        if len(self._watches) >= MAX_SUBSCRIPTIONS or self._per_device[device] >= MAX_PER_DEVICE:
            log.warning("%s asks for more subscriptions than there may be", device)
            later: Headers = {"Retry-After": [RETRY_AFTER]}
            transaction.dismiss(response_to(request, 503, to_tag="refused", headers=later), now)
            return
        flow = transaction.flow
        contact = f"<{flow.contact_uri(number[0])}>"
        dialog = dialog_begun_by(request, flow, self._endpoint.new_token(), contact)
        watch.subscription = Subscription(
            self._endpoint,
            dialog,
            event,
            CONTENT_TYPES[package],
            self._content(watch, flow, station),
            partial(self._over, watch),
        )
        watch.stop = self._look_after(watch)
        self._watches[dialog.key] = watch
        self._endpoint.subscriptions[dialog.key] = watch.subscription
        self._per_device[device] += 1
        self._accept(transaction, watch.subscription, seconds, now)

    def _accept(
        self, transaction: ServerTransaction, subscription: Subscription, seconds: int, now: float
    ) -> None:
        dialog = subscription.dialog
        headers: Headers = {"Expires": [str(seconds)], "Contact": [dialog.contact]}
        response = response_to(transaction.request, 200, to_tag=dialog.local_tag, headers=headers)
        transaction.respond(response, now)
        subscription.extend(seconds, now)

    def _replace_former(self, watch: _Watch, now: float) -> None:
        """A phone that has restarted asks again for what its former self had, which nobody hears any more."""
        for former in [each for each in self._watches.values() if each.device == watch.device]:
            if (former.binding, former.package, former.number) == (watch.binding, watch.package, watch.number):
                former.subscription.lose(now)

    # -- may it, and what does it see ----------------------------------------------------------------------

    def _watchable(self, station: Station, package: str, number: str) -> Number | None:
        """What a device may watch under that number; None if nothing."""
        for line in (station.appearance, *station.device.lines):
            if line.number == number:
                return number, line.partition
        if package != dialog_info.PACKAGE:
            return None
        directory = self._stations().directory
        entry = directory.dial_plan.match(number, station.appearance.search_space)
        found = (number, entry.partition) if entry is not None else None
        return found if found in directory.numbers else None

    def _may_still(self, watch: _Watch) -> bool:
        device = self._stations().directory.devices.get(watch.device)
        line = watch.binding.appearance
        if device is None or line not in device.lines:
            return False
        return self._watchable(Station(device, line), watch.package, watch.number[0]) == watch.number

    def _look_after(self, watch: _Watch) -> StopWatching:
        """Have the subscription told of changes."""

        def tell(number: Number) -> None:
            watch.subscription.tell(self._clock())

        if watch.package == message_summary.PACKAGE:
            return self._messages.watch(*watch.number, tell)
        assert self._lines is not None  # noqa: S101  (connected before phones are served)
        return self._lines.watch(*watch.number, tell)

    def _content(self, watch: _Watch, flow: Flow, station: Station) -> Callable[[int], bytes]:
        entity = _address(watch.number[0], flow)
        if watch.package == message_summary.PACKAGE:
            return lambda version: self._summary(watch.number).encode(entity)
        is_own = any((line.number, line.partition) == watch.number for line in station.device.lines)
        return lambda version: encode_dialog_info(entity, version, self._dialogs(watch.number, flow, is_own))

    def _summary(self, number: Number) -> MessageSummary:
        messages = self._messages.of(*number)
        return MessageSummary(messages.waiting, messages.new, messages.old)

    def _dialogs(self, number: Number, flow: Flow, is_own: bool) -> list[DialogState]:
        assert self._lines is not None  # noqa: S101  (connected before phones are served)
        lines = self._stations().directory.numbers.get(number, ())
        places = {line.device: place for place, line in enumerate(lines)}
        states: dict[str, DialogState] = {}
        for call in self._lines.of(*number):
            name = f"{call.call_id}-{places.get(call.device, len(places))}"
            identity = _identity(call, flow) if is_own else None
            states[name] = DialogState(name, call.use.value, call.outgoing, identity)
        return list(states.values())

    # -- the end ------------------------------------------------------------------------------------------

    def binding_gone(self, binding: Binding, now: float) -> None:
        """A contact is no longer registered: what it watched ends.

        Without a word: it cannot be reached or is being switched off, and some phones that are told meanwhile
        subscribe anew, over and over.
        """
        if not self._per_device.get(binding.appearance.device):
            return
        for watch in [each for each in self._watches.values() if each.binding is binding]:
            watch.subscription.lose(now)

    def configuration_changed(self, now: float) -> None:
        """What a device may no longer watch ends."""
        for watch in [each for each in self._watches.values() if not self._may_still(each)]:
            watch.subscription.end("noresource", now)

    def _over(self, watch: _Watch) -> None:
        watch.stop()
        watch.stop = _nothing
        key = watch.subscription.key
        if self._watches.pop(key, None) is not None:
            del self._endpoint.subscriptions[key]
            self._per_device[watch.device] -= 1
            if not self._per_device[watch.device]:
                del self._per_device[watch.device]

    # -- message waiting for those who do not ask -----------------------------------------------------------

    def registered(self, binding: Binding, now: float) -> None:
        """A contact has registered: if there are messages it hears of them. Without any its lamp is off anyway."""
        line = binding.appearance
        summary = self._summary((line.number, line.partition))
        if summary.new or summary.old:
            self._tell_unasked(binding, summary, now)

    def _messages_changed(self, number: Number) -> None:
        summary, now = self._summary(number), self._clock()
        for binding in self._registrations.of_number(number[0]):
            if binding.appearance.partition == number[1] and binding.refusal is None:
                self._tell_unasked(binding, summary, now)

    def _tell_unasked(self, binding: Binding, summary: MessageSummary, now: float) -> None:
        line = binding.appearance
        if self._per_device.get(line.device) and any(
            each.binding is binding and each.package == message_summary.PACKAGE for each in self._watches.values()
        ):
            return
        headers: Headers = {
            "Event": [message_summary.PACKAGE],
            "Content-Type": [message_summary.CONTENT_TYPE],
        }
        body = summary.encode(_address(line.number, binding.flow))
        request = unsolicited_notify(binding, self._endpoint.new_token, headers, body)
        self._endpoint.request(request, binding.flow, _UNASKED, now)


def _nothing() -> None:
    """What watched has stopped."""


class _Unasked:
    """Whoever did not ask need not understand the answer."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Nothing depends on it."""

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Nothing depends on it."""


_UNASKED = _Unasked()


def _accepts(request: Request, content_type: str) -> bool:
    """Whether a watcher takes documents of this type; who does not say so takes those of the package."""
    ranges = [value.partition(";")[0].strip().lower() for value in request.values("Accept")]
    return not ranges or bool({content_type, "application/*", "*/*"}.intersection(ranges))


def _address(number: str, flow: Flow) -> str:
    return f"sip:{escape_user(number)}@{host_for_uri(flow.local[0])}"


def _identity(call: LineCall, flow: Flow) -> DialogIdentity | None:
    """By what a phone that shares the line takes the call over: the dialog as the phone in it names it."""
    leg = call.leg
    if not isinstance(leg, SipLeg) or leg.session is None:
        return None
    dialog = leg.session.dialog
    return DialogIdentity(
        dialog.call_id,
        dialog.remote_tag,
        dialog.local_tag,
        _address(call.other.number, flow),
        call.other.name,
        call.is_holding,
    )
