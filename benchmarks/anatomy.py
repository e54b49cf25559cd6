"""Where the microseconds of one call go, message by message: the call manager without sockets.

    python -m benchmarks.anatomy [CALLS]

Two phones as text, a line side and a call engine, nothing else in the process. What the system calls of a node
cost comes on top: receiving, sending and waiting for sockets.
"""

from __future__ import annotations

import gc
import re
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import partial
from itertools import count

from ringward.calls.directory import Device, LineAppearance, RegionCodecs, build_directory
from ringward.calls.engine import CallEngine
from ringward.calls.records import CallDetailRecord
from ringward.domain.service_parameters import CallManagerParameters
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, TransportType
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message_parser import parse_message
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.stations import build_stations
from ringward.services.call_manager.tokens import Tokens

MANAGER = ("192.0.2.1", 5060)
CALLER, CALLEE = ("192.0.2.10", 5060), ("192.0.2.20", 5060)
PARTITION = "<None>"
WARM = 3_000  # calls until all caches are full
STEP = 0.012  # seconds between calls: timers run as they do at eighty calls a second
LADDER = (
    ("INVITE", "call set up, INVITE to the called phone"),
    ("180 Ringing", "180 to the caller"),
    ("200 OK (INVITE)", "200 to the caller, ACK to the called phone"),
    ("ACK", "the answer is repeated no longer"),
    ("BYE", "200 to the caller, BYE to the called phone, the record"),
    ("200 OK (BYE)", "the last transaction ends"),
)
SDP = (
    "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    "a=sendrecv\r\n"
)


class Stage:
    """The line side with two registered phones on imaginary wires."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.exchanged: list[tuple[bytes, list[bytes]]] = []
        """Each message that came in, with those that went out for it."""
        self.records: list[CallDetailRecord] = []
        self.now = 1000.0
        self.side = LineSide(self._transmit, Tokens(), lambda: 0.5, b"k" * 32)
        self.engine = CallEngine(
            lambda: self.side.stations.directory,
            self.side,
            clock=lambda: self.now,
            on_record=self.records.append,
        )
        self.side.connect(self.engine)
        self.side.admission.note_load(0.0, self.now)
        devices = [_device("SEP000000000001", "1001"), _device("SEP000000000002", "1002")]
        directory = build_directory(devices, {"Default": RegionCodecs("G722-64k", "G711-64k")}, {})
        self.side.configuration_changed(build_stations(directory, {}.items(), CallManagerParameters()))
        self.caller = Flow(Transport.UDP, MANAGER, CALLER)
        self.callee = Flow(Transport.UDP, MANAGER, CALLEE)
        for number, flow in (("1001", self.caller), ("1002", self.callee)):
            self.give(_request("REGISTER", f"sip:{MANAGER[0]}", flow, number, number, f"r{number}", 1), flow)

    def _transmit(self, flow: Flow, data: bytes) -> None:
        self.sent.append(data)

    def give(self, message: bytes, flow: Flow) -> list[bytes]:
        """One message in; what went out for it."""
        self.sent = []
        self.side.receive(message, flow, self.now)
        self.exchanged.append((message, self.sent))
        return self.sent

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.side.advance(self.now)
        self.engine.expire(self.now)


def call(stage: Stage, number: int, clock: Callable[[], int]) -> list[int]:
    """One call from INVITE to the last 200: nanoseconds for each message that came in."""
    taken: list[int] = []

    def give(message: bytes, flow: Flow) -> list[bytes]:
        start = clock()
        sent = stage.give(message, flow)
        taken.append(clock() - start)
        return sent

    def request(method: str, cseq: int, to_tag: str = "") -> bytes:
        return _request(method, "sip:1002@192.0.2.1", stage.caller, "1001", "1002", f"c{number}", cseq, to_tag)

    (invite,) = give(request("INVITE", 1), stage.caller)
    give(_response(invite, "180 Ringing"), stage.callee)
    sent = give(_response(invite, "200 OK", SDP.format(CALLEE[0])), stage.callee)
    answer = next(each for each in sent if each.startswith(b"SIP/2.0 200"))
    tag = _value(answer, "To").partition(";tag=")[2]
    give(request("ACK", 1, tag), stage.caller)
    sent = give(request("BYE", 2, tag), stage.caller)
    bye = next(each for each in sent if each.startswith(b"BYE"))
    give(_response(bye, "200 OK"), stage.callee)
    return taken


@dataclass(frozen=True, slots=True)
class Share:
    """Median microseconds for one message of the ladder: in all, for reading it, for writing what it causes."""

    total: float
    reading: float
    writing: float


def measure(calls: int) -> list[Share]:
    """What each message of the ladder costs."""
    stage = Stage()
    taken: list[list[int]] = []
    for number in range(calls):
        stage.exchanged.clear()
        taken.append(call(stage, number, time.perf_counter_ns))
        stage.pass_time(STEP)
    if len(stage.records) != calls:
        raise RuntimeError(f"only {len(stage.records)} of {calls} calls were recorded")
    totals = [sorted(column)[calls // 2] / 1000 for column in zip(*taken, strict=True)]
    return [
        Share(total, _median(partial(parse_message, message), calls), _writing(sent, calls))
        for total, (message, sent) in zip(totals, stage.exchanged, strict=True)
    ]


def _writing(sent: list[bytes], times: int) -> float:
    return sum(_median(parse_message(message).encode, times) for message in sent)


def _median(work: Callable[[], object], times: int) -> float:
    """Median microseconds of a piece of work."""
    taken = []
    for _ in range(times):
        start = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - start)
    return sorted(taken)[times // 2] / 1000


def left_behind(calls: int) -> tuple[int, int]:
    """What calls leave in memory once they are over and forgotten: objects in cycles, objects in all."""
    stage = Stage()
    for number in range(WARM):
        call(stage, number, time.perf_counter_ns)
        stage.records.clear()
        stage.exchanged.clear()
    stage.pass_time(100.0)
    stage.records.clear()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for number in range(calls):
            call(stage, WARM + number, time.perf_counter_ns)
        stage.pass_time(100.0)
        stage.pass_time(100.0)
        stage.records.clear()
        stage.exchanged.clear()
        cycles = gc.collect()
        return cycles, len(gc.get_objects()) - before
    finally:
        gc.enable()


def _device(name: str, number: str) -> Device:
    line = LineAppearance(name, 1, number, PARTITION, name, (PARTITION,))
    return Device(
        name,
        description="",
        model="Third-party SIP",
        protocol=Protocol.SIP,
        region="Default",
        security_mode=DeviceSecurityMode.NONSECURE,
        transport=TransportType.TCP_UDP,
        lines=(line,),
    )


_branches = count(1)


def _request(
    method: str, uri: str, flow: Flow, number: str, to: str, call_id: str, cseq: int, to_tag: str = ""
) -> bytes:
    host, port = flow.remote
    body = SDP.format(host) if method == "INVITE" else ""
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{next(_branches)}\r\n"
        f"From: <sip:{number}@{MANAGER[0]}>;tag={call_id}\r\n"
        f"To: <sip:{to}@{MANAGER[0]}>{to_tag and ';tag='}{to_tag}\r\nCall-ID: {call_id}@{host}\r\n"
        f"CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nUser-Agent: Desk Phone/1.0\r\n"
        f"Contact: <sip:{number}@{host}:{port}>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY\r\n"
        f"Supported: replaces\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _response(request: bytes, status: str, body: str = "") -> bytes:
    host, port = CALLEE
    to = _value(request, "To")
    to += "" if ";tag=" in to else ";tag=callee"
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"SIP/2.0 {status}\r\nVia: {_value(request, 'Via')}\r\nFrom: {_value(request, 'From')}\r\nTo: {to}\r\n"
        f"Call-ID: {_value(request, 'Call-ID')}\r\nCSeq: {_value(request, 'CSeq')}\r\nServer: Desk Phone/1.0\r\n"
        f"Contact: <sip:1002@{host}:{port}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _value(message: bytes, name: str) -> str:
    found = re.search(rf"\r\n{name}: (.*?)\r\n", message.decode())
    if found is None:
        raise ValueError(f"no {name} in {message!r}")
    return found[1]


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    figures = measure(calls)
    print("| comes in | what it causes | µs | reading | writing | deciding |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    total = Share(*(sum(column) for column in zip(*map(astuple, figures), strict=True)))
    for (message, what), each in zip((*LADDER, ("", "the call")), (*figures, total), strict=True):
        deciding = each.total - each.reading - each.writing
        print(
            f"| {message} | {what} | {each.total:.0f} | {each.reading:.0f} | {each.writing:.0f} | {deciding:.0f} |"
        )
    cycles, objects = left_behind(1_000)
    print(f"\n1,000 calls leave {objects} objects behind, and made {cycles} that only the collector could find.")


if __name__ == "__main__":
    main()
