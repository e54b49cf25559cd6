"""How a call's ladder is drawn, and that the list of calls is still what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ringward.cli import calls

Ringward = Callable[..., str]


def said(at: float, received: bool, device: str, text: str) -> dict[str, Any]:
    return {"at": at, "received": received, "device": device, "address": "UDP 192.0.2.1:5060", "text": text}


def test_arrows_go_the_way_of_the_messages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    calls._draw(
        [
            said(10.0, True, "SEPA", "INVITE sip:1002@192.0.2.9 SIP/2.0\r\nX: y\r\n\r\nv=0\r\n"),
            said(10.001, False, "SEPB", "INVITE sip:1002@192.0.2.2 SIP/2.0\r\n\r\nv=0\r\n"),
            said(10.25, True, "SEPB", "SIP/2.0 180 Ringing\r\n\r\n"),
            said(10.25, False, "SEPA", "SIP/2.0 180 Ringing\r\n\r\n"),
        ]
    )
    names, *rows = [line for line in capsys.readouterr().out.splitlines() if line]
    assert names.split() == ["SEPA", "Ringward", "SEPB"]
    assert rows[0].startswith("   +0.000")
    assert "│─── INVITE 1002 (sdp) ──▶│" in rows[0]
    assert rows[0].index("▶") < rows[1].index("▶")
    assert "◀───── 180 Ringing ──────│" in rows[2]
    assert rows[3].index("◀") < rows[2].index("◀")
    assert rows[3].startswith("   +0.250")


def test_what_a_phone_wrote_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    calls._draw([said(1.0, True, "SEPA", "INVITE\x1b[31m sip:1@h SIP/2.0\r\n\r\n")])
    assert "\x1b" not in capsys.readouterr().out


def test_messages_that_are_gone_are_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    calls._draw([])
    assert "not kept any more" in capsys.readouterr().out


def test_the_list_and_the_single_call_are_one_command_each(ringward: Ringward) -> None:
    assert "There are no call records." in ringward("calls")
    assert "no node runs" in " ".join(ringward("calls", "show", "17", code=1).split())
    assert "There are no call records." in ringward("calls", "--number", "1001")
