"""Where each line of each device is reached now (RFC 3261 section 10)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from ringward.calls.directory import LineAppearance
from ringward.protocols.sip.flow import Flow

MAX_BINDINGS_PER_LINE = 8
"""Contacts that one line of one device may have at a time; a desk phone has one."""
MAX_STALE_EXPIRIES = 1_000
"""Entries of the queue of expiries that may be out of date beside as many as are in force."""
MAX_REFUSALS = 4_096
"""Devices whose last refusal is remembered."""
MAX_GONE = 50_000
"""Devices of which is remembered why they are not registered any more: more than a node has."""


class Binding:
    """One contact of one line of one device."""

    __slots__ = (
        "appearance",
        "call_id",
        "contact",
        "cseq",
        "expires_at",
        "flow",
        "instance",
        "key",
        "queued_for",
        "refusal",
        "since",
        "source",
        "user_agent",
    )

    def __init__(self, key: str, appearance: LineAppearance, contact: str, since: float) -> None:
        self.key = key
        """The contact without what may change from one registration to the next."""
        self.appearance = appearance
        self.contact = contact
        """Contact URI as registered: the target of our requests."""
        self.since = since
        """When the contact came, not when it was last refreshed."""
        self.flow: Flow
        """By which our requests go."""
        self.source: Flow
        """By which the registration came."""
        self.call_id = ""
        self.cseq = 0
        self.expires_at = 0.0
        self.instance = ""
        self.user_agent = ""
        self.refusal: str | None = None
        """Why its device may no longer come this way, since the configuration has changed."""
        self.queued_for = float("inf")
        """When the table looks next whether it has expired."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device was last refused, in words for its administrator."""

    at: float
    address: str
    reason: str


Line = tuple[str, str, str]
"""Device, number, partition."""


def line_of(appearance: LineAppearance) -> Line:
    """What names a line of a device."""
    return appearance.device, appearance.number, appearance.partition


class Registrations:
    """All bindings of a node. Times are of the node's monotonic clock."""

    def __init__(self) -> None:
        self._lines: dict[Line, dict[str, Binding]] = {}
        self._devices: dict[str, set[Line]] = {}
        self._numbers: dict[str, set[Line]] = {}
        self._flows: dict[Flow, set[Binding]] = {}
        self._served: set[Flow] = set()
        self._count = 0
        self.addresses: dict[str, int] = {}
        """Addresses that phones have registered from, with how many bindings each."""
        self._expiries: list[tuple[float, int, Binding]] = []
        self._order = 0
        self.refusals: OrderedDict[str, Refusal] = OrderedDict()
        self.gone: OrderedDict[str, Refusal] = OrderedDict()
        """Why devices that were registered are so no more, with when and from where."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Binding]:
        for bindings in self._lines.values():
            yield from bindings.values()

    def latest(self) -> Iterator[Binding]:
        """All bindings, those first whose lines came last."""
        for bindings in reversed(self._lines.values()):
            yield from bindings.values()

    def of_line(self, appearance: LineAppearance) -> Iterable[Binding]:
        """Bindings of one line of one device."""
        bindings = self._lines.get((appearance.device, appearance.number, appearance.partition))
        return bindings.values() if bindings else ()

    def of_device(self, device: str) -> list[Binding]:
        """Bindings of all lines of a device."""
        return [each for line in self._devices.get(device, ()) for each in self._lines[line].values()]

    def of_number(self, number: str) -> list[Binding]:
        """Bindings of all lines with this number, in whatever partition."""
        return [each for line in self._numbers.get(number, ()) for each in self._lines[line].values()]

    def device_names(self) -> Collection[str]:
        """Devices with at least one binding."""
        return self._devices.keys()

    def is_at(self, device: str, address: str) -> bool:
        """Whether a device is registered from an address."""
        return address in self.addresses and any(
            binding.source.remote[0] == address for binding in self.of_device(device)
        )

    def has_flow(self, flow: Flow) -> bool:
        """Whether anything is registered by this connection."""
        return flow in self._flows

    def served(self, flow: Flow) -> bool:
        """Whether anything is or was registered by this connection."""
        return flow in self._served

    def find(self, appearance: LineAppearance, key: str) -> Binding | None:
        """The binding of a line with this contact."""
        return self._lines.get(line_of(appearance), {}).get(key)

    def put(self, binding: Binding) -> None:
        """Add a binding, or note that its flow or expiry has changed."""
        line = line_of(binding.appearance)
        bindings = self._lines.setdefault(line, {})
        if binding.key not in bindings:
            self._count += 1
            self._come_to(binding.source.remote[0])
        bindings[binding.key] = binding
        self._devices.setdefault(line[0], set()).add(line)
        self._numbers.setdefault(line[1], set()).add(line)
        if binding.source.reliable:
            self._flows.setdefault(binding.source, set()).add(binding)
            self._served.add(binding.source)
        if binding.expires_at < binding.queued_for:
            self._queue(binding)
        self.refusals.pop(line[0], None)
        self.gone.pop(line[0], None)

    def rebind(self, binding: Binding, source: Flow) -> None:
        """The registration now comes by another flow."""
        if binding.source is not source:
            if self.find(binding.appearance, binding.key) is binding:
                self._leave_address(binding.source.remote[0])
                self._come_to(source.remote[0])
            self._leave_flow(binding)
            binding.source = source

    def remove(self, binding: Binding) -> None:
        """Forget a binding."""
        line = line_of(binding.appearance)
        bindings = self._lines.get(line)
        if bindings is None or bindings.get(binding.key) is not binding:
            return
        del bindings[binding.key]
        self._count -= 1
        self._leave_address(binding.source.remote[0])
        self._leave_flow(binding)
        if not bindings:
            del self._lines[line]
            for index, name in ((self._devices, line[0]), (self._numbers, line[1])):
                index[name].discard(line)
                if not index[name]:
                    del index[name]

    def flow_lost(self, flow: Flow) -> list[Binding]:
        """A connection is gone, and with it all that was registered by it; returns what was removed."""
        self._served.discard(flow)
        lost = list(self._flows.get(flow, ()))
        for binding in lost:
            self.remove(binding)
        return lost

    def expire(self, now: float) -> list[Binding]:
        """Remove and return what was not refreshed in time."""
        expired: list[Binding] = []
        while self._expiries and self._expiries[0][0] <= now:
            entry = heappop(self._expiries)
            if not self._is_in_force(entry):
                continue
            binding = entry[2]
            if binding.expires_at > now:
                self._queue(binding)
            else:
                self.remove(binding)
                expired.append(binding)
        return expired

    def refused(self, device: str, refusal: Refusal) -> None:
        """Keep why a device was refused."""
        self.refusals[device] = refusal
        self.refusals.move_to_end(device)
        if len(self.refusals) > MAX_REFUSALS:
            self.refusals.popitem(last=False)

    def has_gone(self, device: str, departure: Refusal) -> None:
        """Keep why a device is not registered any more, if it is not, and was not refused: then that is why."""
        if device in self._devices or device in self.refusals:
            return
        self.gone[device] = departure
        if len(self.gone) > MAX_GONE:
            self.gone.popitem(last=False)

    def _queue(self, binding: Binding) -> None:
        if len(self._expiries) > 2 * self._count + MAX_STALE_EXPIRIES:
            # Phones that come and go over and over leave entries behind that would stay for as long as an expiry.
            self._expiries = [entry for entry in self._expiries if self._is_in_force(entry)]
            heapify(self._expiries)
        self._order += 1
        binding.queued_for = binding.expires_at
        heappush(self._expiries, (binding.expires_at, self._order, binding))

    def _is_in_force(self, entry: tuple[float, int, Binding]) -> bool:
        deadline, _, binding = entry
        return deadline == binding.queued_for and self.find(binding.appearance, binding.key) is binding

    def _come_to(self, address: str) -> None:
        self.addresses[address] = self.addresses.get(address, 0) + 1

    def _leave_address(self, address: str) -> None:
        self.addresses[address] -= 1
        if not self.addresses[address]:
            del self.addresses[address]

    def _leave_flow(self, binding: Binding) -> None:
        bindings = self._flows.get(binding.source)
        if bindings is not None:
            bindings.discard(binding)
            if not bindings:
                del self._flows[binding.source]
