"""How a node runs the service Cisco TFTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from ringward.administration.trust_list import FetchedTrustList
from ringward.domain import service as services
from ringward.domain.certificate import CertificateKind
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.server import Server
from ringward.pki.certificates import KeyPair
from ringward.pki.listing import listed
from ringward.services.listener import Listener
from ringward.services.record_writer import RecordWriter
from ringward.services.service import ServiceDescription, Surroundings
from ringward.services.settings import NodeSettings
from ringward.services.tftp.assembly import file_service
from ringward.services.tftp.desk import FileCounters
from ringward.services.tftp.request_record import RequestRecord
from ringward.services.tftp.signing_anew import Progress
from ringward.services.tftp.signing_key import SigningKey
from ringward.store.feed import Change

_STATIC_FILES = "tftp"


def static_files_directory(directory: Path) -> Path:
    """Where the administrator puts files for phones."""
    return directory / _STATIC_FILES


class TftpRun:
    """One run of the file service, with its parameters as they are when it begins."""

    def __init__(self, node: Surroundings) -> None:
        self._node = node
        self._key = SigningKey(self._present_key())
        self._capf = self._present_capf()
        folder = static_files_directory(node.directory)
        ctl_file = node.administration.ctl_file
        self._fetched = RecordWriter(
            ctl_file.record_fetched, what="fetched trust lists", alarm=node.administration.alarms.report
        )
        self._files = file_service(
            node.configuration,
            self._key,
            folder,
            port_offset=node.settings.port_offset,
            certificate_of=lambda device: node.configuration.current.phone_certificates.get(device),
            capf=lambda: self._capf,
            capf_port=node.settings.port("capf"),
            ctl_file_is_in_force=ctl_file.is_in_force,
            trust_list_fetched=self._trust_list_fetched,
            alarm=node.administration.alarms.report,
        )
        self._ignore_renewals = (
            node.renewal.add(CertificateKind.NODE, self._sign_anew),
            node.renewal.add(CertificateKind.CAPF, self._capf_changed),
        )
        self.listeners: Sequence[Listener] = _listeners(node.settings, node.configuration.server)

    def _present_key(self) -> KeyPair:
        return self._node.administration.key_store.load(CertificateKind.NODE)

    def _present_capf(self) -> ListedCertificate | None:
        """The certificate of CAPF, where it was activated once."""
        key_store = self._node.administration.key_store
        if CertificateKind.CAPF not in key_store.kinds():
            return None
        return listed(key_store.certificate(CertificateKind.CAPF).der)

    def _capf_changed(self) -> None:
        self._capf = self._present_capf()

    def _sign_anew(self) -> None:
        self._key.replace(self._present_key())
        self._files.sign_anew()

    def _trust_list_fetched(self, device: str, content: bytes) -> None:
        self._fetched.put(FetchedTrustList(device, content, time.time_ns() // 1_000_000))

    @property
    def counters(self) -> FileCounters:
        """What was served in this run."""
        return self._files.counters

    @property
    def signing_progress(self) -> Progress | None:
        """How far the signing after a change of the certificate has come; None if there was none in this run."""
        return self._files.signing_progress

    def files_read(self, since: float = 0.0) -> dict[str, float]:
        """When phones have last read their configuration in this run and since a moment, in seconds since 1970."""
        return self._files.record.files_read(since)

    @property
    def record(self) -> RequestRecord:
        """What each phone asked for lately."""
        return self._files.record

    async def start(self) -> None:
        """Listen; raises ``OSError`` if a port cannot be had."""
        tftp, http = self.listeners
        await self._files.start_on(tftp.address, tftp.port, http.port)
        self._fetched.start()

    async def stop(self) -> None:
        """Close both servers."""
        for ignore in self._ignore_renewals:
            ignore()
        await self._files.stop()
        await asyncio.to_thread(self._fetched.stop)

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Forget the files that may show the changes."""
        for change in changes:
            self._files.library.invalidate(change.noun, change.key)


def _listeners(settings: NodeSettings, server: Server) -> Sequence[Listener]:
    bind = str(settings.bind_address)
    return (
        Listener("files by TFTP", "UDP", bind, settings.port("tftp")),
        Listener("files by HTTP", "TCP", bind, settings.port("http")),
    )


TFTP_SERVICE = ServiceDescription(services.TFTP, TftpRun, _listeners)
