"""How a node runs the service Cisco Certificate Authority Proxy Function: on the first node only (CAPF-02)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ringward.administration.certificates import ServerNames
from ringward.domain import service as services
from ringward.domain.certificate import CertificateKind
from ringward.domain.job import Job
from ringward.domain.server import Server
from ringward.domain.service_parameters import CapfParameters
from ringward.pki.certificates import KeyPair
from ringward.pki.tls import ServerTls, Suites, Terms
from ringward.services.capf.conversation_trace import ConversationTrace
from ringward.services.capf.desk import Desk
from ringward.services.capf.renewal import Renewal
from ringward.services.capf.service import CapfService, RememberedCall
from ringward.services.capf.traces import Traces
from ringward.services.listener import Listener
from ringward.services.service import ServiceDescription, Surroundings
from ringward.services.settings import NodeSettings
from ringward.store.feed import Change

_TRACES = "traces/capf"


class CapfRun:
    """One run of CAPF, with its parameters as they are when it begins."""

    def __init__(self, node: Surroundings) -> None:
        administration = node.administration
        # On activation it makes its own key pair; later runs find it (CAPF-02, CERT-07).
        administration.certificates.make_missing((CertificateKind.CAPF,), ServerNames(node.node_name))
        self._keys = administration.key_store
        self._pair = self._keys.load(CertificateKind.CAPF)
        parameters = node.configuration.current.capf[node.node_name]
        self._tls = ServerTls(self._keys.files(CertificateKind.CAPF))
        self._tls.renew(Terms(Suites.ENCRYPTED, old_phones=parameters.old_tls))
        self._ignore_renewal: Callable[[], None] = node.renewal.add(CertificateKind.CAPF, self._renewed)
        desk = Desk(
            administration.enrolment,
            self._authority,
            parameters,
            Traces(node.directory / _TRACES),
            lambda: datetime.now(UTC),
            administration.alarms.report,
        )
        trace = ConversationTrace(node.directory / _TRACES, lambda: self._parameters.trace_level)
        self._service = CapfService(desk, parameters, self._tls.context, trace, node.taken_in)
        self._node = node
        self._renewal = Renewal(self._begin_wave)
        self.listeners: Sequence[Listener] = _listeners(node.settings, node.configuration.server)

    def _authority(self) -> KeyPair:
        return self._pair

    def _renewed(self) -> None:
        self._pair = self._keys.load(CertificateKind.CAPF)
        self._tls.reload(files=self._keys.files(CertificateKind.CAPF))

    def _begin_wave(self) -> Job | None:
        return self._node.administration.certificate_renewals.begin_wave(self._parameters)

    @property
    def _parameters(self) -> CapfParameters:
        """As they are now, of which only some count at once; the others do from the next run on."""
        return self._node.configuration.current.capf[self._node.node_name]

    @property
    def calls(self) -> Sequence[RememberedCall]:
        """The last calls of phones, newest last."""
        return tuple(self._service.calls)

    async def start(self) -> None:
        """Listen; raises ``OSError`` if the port cannot be had."""
        (listener,) = self.listeners
        await self._service.start(listener.address, listener.port)
        self._renewal.start()

    async def stop(self) -> None:
        """End all calls."""
        self._ignore_renewal()
        await self._renewal.stop()
        await self._service.stop()

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Nothing is kept here: each call looks at what is pending now."""


def _listeners(settings: NodeSettings, server: Server) -> Sequence[Listener]:
    return (Listener("certificates for phones (CAPF)", "TLS", str(settings.bind_address), settings.port("capf")),)


CAPF_SERVICE = ServiceDescription(services.CAPF, CapfRun, _listeners)
