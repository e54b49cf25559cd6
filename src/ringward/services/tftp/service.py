"""The file service of a node: TFTP and HTTP in front of one library."""

from __future__ import annotations

from ringward.domain.parameters import TftpParameters
from ringward.protocols.tftp.transfer import Retransmission
from ringward.services.tftp.desk import FileCounters, FileDesk
from ringward.services.tftp.http_server import HTTP_PORT, HttpLimits, HttpServer
from ringward.services.tftp.library import FileLibrary
from ringward.services.tftp.request_record import RequestRecord
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
    ) -> None:
        self.library = library
        self._desk = FileDesk(library)
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
        await self.tftp.stop()
        await self.http.stop()
        self._desk.close()
