"""What CAPF writes of its conversations, as its service parameter says (CAPF-37)."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfAuthenticationMode, ServiceTrace
from ringward.phone.enrolment import Result
from ringward.protocols.capf.message import Message, MessageType, Tag
from ringward.services.capf.conversation_trace import ConversationTrace, TracedCall
from ringward.services.trace_file import TraceFile
from services.capf.conftest import INSTALL, SEP, Site

BY_STRING = CapfAuthenticationMode.AUTHENTICATION_STRING
STRING = "4711470811"
TYPES = ["AUTH_REQUEST", "AUTH_RESPONSE", "KEY_GENERATE_REQUEST", "REQUEST_IN_PROGRESS", "KEY_GENERATE_RESPONSE",
         "STORE_CERTIFICATE_REQUEST", "STORE_CERTIFICATE_RESPONSE", "END_SESSION"]  # fmt: skip


async def traced(site: Site, level: ServiceTrace) -> str:
    """What is written of an installation at this level, which may be changed while the service runs."""
    site.trace_level = level
    site.give(INSTALL, BY_STRING, STRING)
    assert (await site.phone().enrol(BY_STRING, STRING)).result is Result.INSTALLED
    await site.service.stop()
    file = site.trace_file
    return file.read_text() if file.exists() else ""


async def test_by_default_nothing_is_written(site: Site) -> None:
    assert CapfParameters().trace_level is ServiceTrace.OFF
    assert await traced(site, ServiceTrace.OFF) == ""


async def test_a_summary_has_a_line_for_each_message_and_one_for_the_end(site: Site) -> None:
    text = await traced(site, ServiceTrace.SUMMARY)
    *lines, last = text.splitlines()
    assert [re.findall(r"127\.0\.0\.1: (\w+), \d+ octets$", line) for line in lines] == [[each] for each in TYPES]
    assert last.endswith(f"call from 127.0.0.1 is over: {SEP}: Upgrade Success")
    assert stat.S_IMODE(site.trace_file.stat().st_mode) == 0o600


async def test_messages_have_what_is_in_them_but_no_secret(site: Site) -> None:
    text = await traced(site, ServiceTrace.MESSAGES)
    assert f"    DEVICE_NAME: {SEP}\n" in text and "    PASSWORD: (hidden)\n" in text
    assert "    KEY_SIZE: 04 00\n" in text
    assert re.search(r"    CERTIFICATE: 01 [0-9a-f ]+ \.\.\. \(\d+ octets\)\n", text)
    for form in (STRING, STRING.encode().hex(), STRING.encode().hex(" ")):
        assert form not in text
    assert max(map(len, text.splitlines())) < 300


@pytest.mark.parametrize(
    ("tag", "value", "line"),
    [
        (Tag.PASSWORD, b"\0", "PASSWORD: (empty)"),
        (Tag.PASSWORD, b"4\n71", "PASSWORD: (hidden)"),
        (Tag.DEVICE_NAME, b"SEP\n2026 made up\0", "DEVICE_NAME: 53 45 50 0a 32"),
        (99, b"\x01", "element 99: 01"),
    ],
)
def test_what_a_stranger_sends_begins_no_entry_of_its_own(
    tmp_path: Path, tag: int, value: bytes, line: str
) -> None:
    file = TraceFile(tmp_path / "trace.log")
    message = Message(MessageType.AUTH_RESPONSE, 1, ((tag, value),))
    TracedCall(file, ServiceTrace.MESSAGES, "192.0.2.7").message(True, message)
    entry, content = file.path.read_text().splitlines()
    assert "session 1 from 192.0.2.7: AUTH_RESPONSE" in entry
    assert content.startswith(f"    {line}")
    file.close()


def test_a_file_that_cannot_be_written_stops_no_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "traces").write_text("in the way")
    trace = ConversationTrace(tmp_path / "traces", lambda: ServiceTrace.SUMMARY)
    trace.end("192.0.2.7", "", "nothing")
    assert "cannot be written" in caplog.text
    trace.close()
