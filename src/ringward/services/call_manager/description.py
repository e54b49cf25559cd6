"""How a node runs the service Cisco CallManager."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from ringward.domain import service as services
from ringward.domain.certificate import CertificateKind
from ringward.domain.server import Server
from ringward.services.call_manager.configuration import stations_of
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.listener import Listener
from ringward.services.service import ServiceDescription, Surroundings
from ringward.services.settings import NodeSettings


def _make(node: Surroundings) -> CallManagerService:
    return CallManagerService(
        _listening(node.settings, node.configuration.server, node.address),
        lambda: stations_of(node.configuration.current, node.node_name),
        node.on_call_record,
        node.renewal.tls(CertificateKind.NODE),
        first_call_id=time.time_ns() // 1_000_000,  # no two runs count from the same number
        messages=node.administration.message_waiting.present,
        take_in=partial(node.administration.auto_registrations.take_in, node.node_name),
        alarm=node.administration.alarms.report,
    )


def _listening(settings: NodeSettings, server: Server, address: str) -> Listening:
    offset = settings.port_offset
    return Listening(
        str(settings.bind_address),
        address,
        server.sip_phone_port + offset,
        server.sip_phone_secure_port + offset,
    )


def _listeners(settings: NodeSettings, server: Server) -> Sequence[Listener]:
    return _listening(settings, server, "").listeners


CALL_MANAGER_SERVICE = ServiceDescription(services.CALL_MANAGER, _make, _listeners)
