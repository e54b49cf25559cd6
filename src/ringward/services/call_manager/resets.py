"""Resets: telling a phone to read its files again, as the administrator orders (RST-01)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ringward.domain.phone_models import capability_of
from ringward.domain.vocabulary import Protocol
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.message import Headers, Response
from ringward.services.call_manager.registrations import Binding, Registrations
from ringward.services.call_manager.stations import Stations
from ringward.services.call_manager.unsolicited import unsolicited_notify

log = logging.getLogger(__name__)


class Resets:
    """Sends them. Phones of the guide know the event service-control, others check-sync (R-21)."""

    def __init__(
        self, endpoint: SipEndpoint, stations: Callable[[], Stations], registrations: Registrations
    ) -> None:
        self._endpoint = endpoint
        self._stations = stations
        self._registrations = registrations

    def reset(self, device: str, *, restart: bool, now: float) -> int:
        """Tell a device; returns to how many contacts it was sent."""
        flows: dict[str, Binding] = {}
        for binding in self._registrations.of_device(device):
            flows.setdefault(binding.key.partition("@")[2], binding)
        for binding in flows.values():
            self.send(binding, restart=restart, now=now)
        return len(flows)

    def send(self, binding: Binding, *, restart: bool, now: float) -> None:
        """Tell whoever is at a contact; ``restart``: it need only register anew."""
        configured = self._stations().directory.devices.get(binding.appearance.device)
        capability = capability_of(configured.model, Protocol.SIP) if configured is not None else None
        headers: Headers = {}
        body = b""
        if capability is None or capability.is_third_party:
            headers["Event"] = [f"check-sync;reboot={'false' if restart else 'true'}"]
        else:
            action = "restart" if restart else "reset"
            headers["Event"] = ["service-control"]
            headers["Content-Type"] = ["text/plain"]
            body = f"action={action}\r\nRegisterCallID={{{binding.call_id}}}\r\n".encode(
                "utf-8", "surrogateescape"
            )
        request = unsolicited_notify(binding, self._endpoint.new_token, headers, body)
        self._endpoint.request(request, binding.flow, _NOTED, now)


class _Noted:
    """The outcome of a reset shows in the registration that follows it."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Note a refusal."""
        if response.status >= 300:
            log.warning("%s refused to be reset: %s %s", sent.request.uri, response.status, response.reason)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Note the silence."""
        log.warning("%s did not answer to being reset", sent.request.uri)


_NOTED = _Noted()
