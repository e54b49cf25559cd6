"""TFTP over UDP: one listening socket; files are sent from ports of their own (:mod:`transfer_ports`).

Requests over a limit are left without an answer: clients then ask again, which spreads a crowd over time, while an
error would make phones give up. When all places are taken, the oldest transfer that nobody has acknowledged yet
loses its place, so a flood with forged addresses cannot shut out phones that do answer.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache, partial

from ringward.protocols.tftp.packets import (
    Address,
    Error,
    ErrorCode,
    MalformedPacket,
    Opcode,
    ReadRequest,
    WriteRequest,
    encode,
    parse,
)
from ringward.protocols.tftp.transfer import ReadTransfer, Retransmission, TransferState
from ringward.services.tftp.admission import Admission
from ringward.services.tftp.desk import FileDesk
from ringward.services.tftp.library import Answer, Outcome
from ringward.services.tftp.transfer_ports import DATAGRAM, Transfer, TransferPorts, bound_socket, send

log = logging.getLogger(__name__)

TFTP_PORT = 69
WIRE = "TFTP"
REQUESTS_AT_ONCE = 64
"""Requests read before the loop turns to transfers again: a flood must not starve those under way."""
RECEIVE_BUFFER = 1 << 20
"""Octets the system may queue for the listening socket: requests of a thousand phones that boot together."""
_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
"""Linux: tells to which of our addresses a datagram was sent, so that the answer comes from the same."""
_PKTINFO = struct.Struct("=I4s4s")


@dataclass(frozen=True, slots=True)
class TftpLimits:
    """How much is served at once; the defaults suit a node with thousands of phones."""

    transfers: int = 2_000
    """In total."""
    transfers_per_address: int = 128
    """Some phones may share an address; one phone has one or two transfers."""
    requests_per_second: float = 100.0
    burst: float = 500.0
    """Of one address."""
    addresses: int = 20_000
    """Whose rates are remembered."""
    retransmission: Retransmission = field(default_factory=Retransmission)
    largest_block: int = 1428
    """Octets: the largest block that an Ethernet frame carries through a tunnel or two without fragments."""


class TftpServer:
    """Serves reads; writes are refused with "access violation"."""

    def __init__(self, desk: FileDesk, limits: TftpLimits | None = None) -> None:
        self._desk = desk
        self._limits = limits or TftpLimits()
        self._admission = Admission(self._limits.requests_per_second, self._limits.burst, self._limits.addresses)
        self._transfers: OrderedDict[Address, Transfer] = OrderedDict()
        self._ports = TransferPorts()
        self._of_host: Counter[str] = Counter()
        self._building: dict[Address, asyncio.Future[Answer | None]] = {}
        self._socket: socket.socket | None = None
        self.address: Address = ("", 0)
        """Where the server listens, once it is started."""

    def start(self, host: str, port: int) -> None:
        """Open the listening socket; raises ``OSError`` when the port is taken or not allowed."""
        listening = bound_socket(host, port)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            listening.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        self.address = listening.getsockname()
        asyncio.get_running_loop().add_reader(listening, self._readable)

    async def stop(self) -> None:
        """Close everything; transfers under way end without a word."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        building = list(self._building.values())
        for each in building:
            each.cancel()
        await asyncio.gather(*building, return_exceptions=True)
        for transfer in list(self._transfers.values()):
            transfer.end()

    def _readable(self) -> None:
        if self._socket is None:
            return
        now = asyncio.get_running_loop().time()
        for _ in range(REQUESTS_AT_ONCE):
            try:
                datagram, extra, _, source = self._socket.recvmsg(DATAGRAM, socket.CMSG_SPACE(_PKTINFO.size))
            except BlockingIOError:
                return
            except OSError as error:
                log.debug("receiving a request failed: %s", error)
                return
            self._request(datagram, source, _local_host(extra) or self.address[0], now)

    def _request(self, datagram: bytes, source: Address, local: str, now: float) -> None:
        if not self._admission.admits(source[0], now):
            self._desk.counters.turned_away += 1
            return
        try:
            packet = parse(datagram)
        except MalformedPacket as error:
            if error.opcode in (Opcode.RRQ, Opcode.WRQ):
                self._refuse(source, ErrorCode.ILLEGAL_OPERATION, str(error))
            return
        match packet:
            case ReadRequest():
                self._read(packet, source, local, now)
            case WriteRequest():
                self._refuse(source, ErrorCode.ACCESS_VIOLATION, "this server takes no files")
            case _:
                return

    def _read(self, request: ReadRequest, source: Address, local: str, now: float) -> None:
        running = self._transfers.get(source)
        if running is not None:
            if running.request == request and not running.machine.acknowledged:
                running.repeat()
                return
            running.end()
        if source in self._building:
            return
        if self._of_host[source[0]] >= self._limits.transfers_per_address:
            self._desk.counters.turned_away += 1
            return
        answer = self._desk.at_once(request.filename, source[0], WIRE)
        if answer is not None:
            self._answer(answer, request, source, local)
            return
        building = self._building[source] = self._desk.fetch(request.filename, source[0], WIRE)
        self._of_host[source[0]] += 1
        building.add_done_callback(partial(self._built, request, source, local))

    def _built(
        self, request: ReadRequest, source: Address, local: str, building: asyncio.Future[Answer | None]
    ) -> None:
        del self._building[source]
        self._forget(source[0])
        answer = None if building.cancelled() else building.result()
        if answer is not None:
            self._answer(answer, request, source, local)

    def _answer(self, answer: Answer, request: ReadRequest, source: Address, local: str) -> None:
        if answer.outcome is Outcome.REFUSED:
            self._refuse(source, ErrorCode.ACCESS_VIOLATION, "access violation")
        elif answer.outcome is Outcome.NOT_FOUND:
            self._refuse(source, ErrorCode.FILE_NOT_FOUND, "file not found")
        elif self._has_place():
            self._begin(answer.content, request, source, local)
        else:
            self._desk.counters.turned_away += 1

    def _has_place(self) -> bool:
        if len(self._transfers) < self._limits.transfers:
            return True
        unanswered = (each for each in self._transfers.values() if not each.machine.acknowledged)
        oldest = next(unanswered, None)
        if oldest is None:
            return False
        oldest.end()
        return True

    def _begin(self, content: bytes, request: ReadRequest, source: Address, local: str) -> None:
        machine = ReadTransfer(
            request,
            content,
            source,
            largest_block=self._limits.largest_block,
            retransmission=self._limits.retransmission,
        )
        transfer = Transfer(request, content, machine, self._ended)
        try:
            self._ports.begin(transfer, local)
        except OSError as error:
            log.error("no socket for a transfer: %s", error)
            self._desk.counters.turned_away += 1
            return
        self._transfers[source] = transfer
        self._of_host[source[0]] += 1
        self._desk.counters.active_transfers = len(self._transfers)

    def _ended(self, transfer: Transfer) -> None:
        peer = transfer.machine.peer
        del self._transfers[peer]
        self._forget(peer[0])
        counters = self._desk.counters
        counters.active_transfers = len(self._transfers)
        if transfer.machine.state is TransferState.DONE:
            self._desk.delivered(transfer.request.filename, transfer.content)
        else:
            counters.failed_transfers += 1
            why = transfer.machine.failure or "it was broken off"
            log.info("TFTP %s: %.80r did not arrive: %s", peer[0], transfer.request.filename, why)

    def _forget(self, host: str) -> None:
        self._of_host[host] -= 1
        if self._of_host[host] <= 0:
            del self._of_host[host]

    def _refuse(self, source: Address, code: ErrorCode, message: str) -> None:
        if self._socket is not None:
            send(self._socket, [(source, encode(Error(code, message)))])


def _local_host(extra: list[tuple[int, int, bytes]]) -> str:
    """The address of ours that a datagram was sent to, from the system's extra data; empty if it is not told."""
    for level, kind, data in extra:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) == _PKTINFO.size:
            return _host_in(data)
    return ""


@lru_cache(maxsize=64)
def _host_in(packet_info: bytes) -> str:
    _, local, _ = _PKTINFO.unpack(packet_info)
    return socket.inet_ntoa(local)
