"""The file service of a node: TFTP and HTTP in front of one library."""

from __future__ import annotations

import asyncio

from ringward.domain.service_parameters import TftpParameters
from ringward.protocols.tftp.transfer import Retransmission
from ringward.services.tftp.desk import FileCounters, FileDesk, TrustListFetched
from ringward.services.tftp.http_server import HTTP_PORT, HttpLimits, HttpServer
from ringward.services.tftp.library import FileLibrary
from ringward.services.tftp.request_record import RequestRecord
from ringward.services.tftp.signing_anew import Progress, SigningAnew
from ringward.services.tftp.tftp_server import TFTP_PORT, TftpLimits, TftpServer


def limits_in_force(parameters: TftpParameters) -> TftpLimits:
    """The limits that the service parameters of a node ask for."""
    return TftpLimits(
        transfers=parameters.maximum_serving_count,
        retransmission=Retransmission(
            parameters.retransmission_timeout / 1000, parameters.maximum_retransmissions
        ),
    )


class TftpService:
    """Starts and stops both servers together."""

    def __init__(
        self,
        library: FileLibrary,
        *,
        tftp_limits: TftpLimits | None = None,
        http_limits: HttpLimits | None = None,
        signing_anew: SigningAnew | None = None,
        trust_list_fetched: TrustListFetched | None = None,
    ) -> None:
        self.library = library
        self._signing_anew = signing_anew
        self._desk = FileDesk(library, trust_list_fetched=trust_list_fetched)
        self.tftp = TftpServer(self._desk, tftp_limits)
        self.http = HttpServer(self._desk, http_limits)

    @property
    def counters(self) -> FileCounters:
        """What has been served so far."""
        return self._desk.counters

    @property
    def record(self) -> RequestRecord:
        """What each phone asked for lately."""
        return self._desk.record

    @property
    def signing_progress(self) -> Progress | None:
        """How far the signing after the last change of the signing certificate has come."""
        return self._signing_anew.progress if self._signing_anew is not None else None

    def sign_anew(self) -> None:
        """The signing certificate has changed: sign again in the background what phones have been given."""
        if self._signing_anew is not None:
            self._signing_anew.start()

    async def start(self, host: str, port_offset: int = 0) -> None:
        """Listen on UDP 69 and TCP 6970, each plus ``port_offset``.

        Raises ``OSError`` when a port is taken or the process may not open it; nothing listens then.
        """
        await self.start_on(host, TFTP_PORT + port_offset, HTTP_PORT + port_offset)

    async def start_on(self, host: str, tftp_port: int, http_port: int) -> None:
        """Listen on given ports; 0 takes a free one, which :attr:`tftp` and :attr:`http` then tell."""
        self.tftp.start(host, tftp_port)
        try:
            await self.http.start(host, http_port)
        except OSError:
            await self.tftp.stop()
            raise

    async def stop(self) -> None:
        """Close both servers and the builders."""
        if self._signing_anew is not None:
            await asyncio.to_thread(self._signing_anew.stop)
        await self.tftp.stop()
        await self.http.stop()
        self._desk.close()
