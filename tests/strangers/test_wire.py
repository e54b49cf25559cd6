"""What is on the wire, as tshark reads it: SIP over UDP and TCP, SDP, RTP; nothing malformed in any of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.capture import Capture
from strangers.baresip import Baresip
from strangers.node import Node, eventually

pytestmark = pytest.mark.stranger


@pytest.mark.parametrize(("transport", "prefix"), [("udp", "20"), ("tcp", "21")])
def test_a_call_is_well_formed_to_a_dissector(
    node: Node, desk_phone: Callable[..., Baresip], tmp_path: Path, transport: str, prefix: str
) -> None:
    capture = Capture(tmp_path / "call.pcapng")
    try:
        alice = desk_phone(f"{prefix}01", transport, tone=440)
        bob = desk_phone(f"{prefix}02", transport, tone=1000, answers=True)
        alice.order("dial", f"{prefix}02")
        alice.saw("CALL_ESTABLISHED")
        assert eventually(lambda: alice.hears(1000) and bob.hears(440))
        alice.order("hold")
        assert eventually(lambda: any(call["held_by"] for call in node.ask("calls", "--live")))
        alice.order("resume")
        assert eventually(lambda: not any(call["held_by"] for call in node.ask("calls", "--live")))
        alice.order("hangup")
        bob.saw("CALL_CLOSED")
    finally:
        capture.end()

    ours = f"{transport}.port=={node.sip_port}"
    decode = [f"{ours},sip"]
    methods = {method for (method,) in capture.read(decode, f"sip.Method && {ours}", "sip.Method")}
    assert {"REGISTER", "INVITE", "ACK", "BYE"} <= methods
    statuses = {status for (status,) in capture.read(decode, f"sip.Status-Code && {ours}", "sip.Status-Code")}
    assert {"401", "180", "200"} <= statuses
    assert len(capture.read(decode, f"sdp && {ours}", "sdp.media")) >= 4  # offer and answer on both legs
    speech = capture.read(decode, "rtp && rtp.p_type == 0", "rtp.ssrc")
    assert len(speech) > 50
    assert len({source for (source,) in speech}) >= 2  # from either phone

    malformed = capture.read(decode, "_ws.malformed && (sip || sdp || rtp)", "frame.number", "_ws.malformed")
    assert not malformed
    # Errors of the protocol itself, as far as the dissector sees them.
    errors = capture.read(
        decode,
        f"(sip || sdp) && {ours} && _ws.expert.severity >= 0x00800000",
        "frame.number",
        "_ws.expert.message",
    )
    assert not errors
