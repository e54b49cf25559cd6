"""How a node runs the service Cisco CTL Provider."""

from __future__ import annotations

from collections.abc import Sequence

from ringward.domain import service as services
from ringward.domain.certificate import CertificateKind
from ringward.domain.server import Server
from ringward.domain.service_parameters import CtlProviderParameters
from ringward.services.ctl_provider.service import CtlProviderService
from ringward.services.listener import Listener
from ringward.services.service import ServiceDescription, Surroundings
from ringward.services.settings import NodeSettings
from ringward.store.feed import Change


class CtlProviderRun:
    """One run of the CTL Provider, on the port that is configured when it begins (PORT-01)."""

    def __init__(self, node: Surroundings) -> None:
        keys = node.administration.key_store
        self._provider = CtlProviderService(
            node.administration,
            node.renewal.tls(CertificateKind.NODE).context,
            lambda: keys.certificate(CertificateKind.NODE).der,
            node.node_name,
            node.settings.port_offset,
        )
        port = node.configuration.current.ctl_provider[node.node_name].port_number
        self.listeners: Sequence[Listener] = (_listener(node.settings, port),)

    async def start(self) -> None:
        """Listen; raises ``OSError`` if the port cannot be had."""
        (listener,) = self.listeners
        await self._provider.start(listener.address, listener.port)

    async def stop(self) -> None:
        """Hang up on every client."""
        await self._provider.stop()

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Nothing is kept here that could be out of date; another port needs a restart."""


def _listener(settings: NodeSettings, port: int) -> Listener:
    return Listener("CTL client", "TLS", str(settings.bind_address), port + settings.port_offset)


def _listeners(settings: NodeSettings, server: Server) -> Sequence[Listener]:
    return (_listener(settings, CtlProviderParameters().port_number),)


CTL_PROVIDER_SERVICE = ServiceDescription(services.CTL_PROVIDER, CtlProviderRun, _listeners)
