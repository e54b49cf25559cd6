"""Traces of single devices: who is traced, how much, until when, and what is kept out (SVC-05)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.office import Office
from ringward.domain.errors import NotFound, Refused
from ringward.services import trace_file
from ringward.services.call_manager import traces as module
from ringward.services.call_manager.traces import TraceLevel, Traces

ANNA, BERT = "SEP000000000001", "SEP000000000002"


class Desk:
    """An office whose traces a test can read."""

    def __init__(self, folder: Path) -> None:
        self.office = Office()
        self.now = 1_000.0
        self.anna = self.office.phone("anna", "1001", digest=("anna", "4711"))
        self.bert = self.office.phone("bert", "1002")
        side = self.office.side
        self.traces = Traces(
            side.messages,
            lambda device: device in side.stations.directory.devices,
            lambda device: [each.flow for each in side.registrations.of_device(device)],
            folder,
            lambda: self.now,
        )

    @property
    def text(self) -> str:
        return self.traces.file.read_text() if self.traces.file.exists() else ""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.traces.close()


def test_only_the_traced_device_is_written_both_ways(desk: Desk) -> None:
    desk.anna.register()
    desk.bert.register()
    desk.traces.begin(ANNA, TraceLevel.SUMMARY, 60)
    desk.bert.register()
    assert desk.text == ""
    desk.anna.register()
    lines = desk.text.splitlines()
    assert any(f"{ANNA} from UDP 10.0.0.1" in line and "REGISTER sip:" in line for line in lines)
    assert any(f"{ANNA} to UDP 10.0.0.1" in line and "200 OK" in line for line in lines)
    assert all("UDP 10.0.0.2:" not in line for line in lines)
    assert stat.S_IMODE(desk.traces.file.stat().st_mode) == 0o600


def test_answers_to_a_phone_that_is_not_registered_yet_are_written_too(desk: Desk) -> None:
    """The challenge names no device, and there is no registration yet."""
    desk.traces.begin(ANNA, TraceLevel.SUMMARY, 60)
    desk.anna.request("REGISTER", {"Contact": [f"<sip:1001@10.0.0.1>;device-name={ANNA}"]})
    desk.bert.register()
    assert desk.anna.log
    assert [line.partition(" UDP ")[2] for line in desk.text.splitlines()][:2] == [
        "10.0.0.1:5060: REGISTER sip:10.0.0.254 SIP/2.0",
        "10.0.0.1:5060: SIP/2.0 401 Unauthorized",
    ]
    assert "10.0.0.2:" not in desk.text


def test_whole_messages_come_without_secrets(desk: Desk) -> None:
    desk.anna.register()
    desk.traces.begin(ANNA, TraceLevel.MESSAGES, 60)
    said = b'INVITE sip:1 SIP/2.0\r\nAuthorization: Digest username="anna", response="0123456789abcdef"\r\n\r\n'
    (binding,) = desk.office.side.registrations.of_device(ANNA)
    desk.office.side.messages.note(0.0, True, binding.flow, said)
    assert 'Authorization: Digest username="anna", response=***' in desk.text
    assert "0123456789abcdef" not in desk.text


def test_a_trace_ends_by_itself_and_then_costs_nothing(desk: Desk) -> None:
    desk.anna.register()
    desk.traces.begin(ANNA, TraceLevel.SUMMARY, 60)
    assert [trace.device for trace in desk.traces.present()] == [ANNA]
    desk.now += 61
    desk.anna.register()
    assert desk.text == ""
    assert desk.traces.present() == []
    assert desk.office.side.messages.observer is None


def test_a_trace_is_ended_by_order(desk: Desk) -> None:
    desk.traces.begin(ANNA, TraceLevel.SUMMARY, 60)
    desk.traces.end(ANNA)
    assert desk.office.side.messages.observer is None
    with pytest.raises(NotFound, match="trace of"):
        desk.traces.end(ANNA)


def test_what_cannot_be_traced_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        desk.traces.begin("SEP00000000000F", TraceLevel.SUMMARY, 60)
    with pytest.raises(Refused, match="from 1 to 86400 seconds"):
        desk.traces.begin(ANNA, TraceLevel.SUMMARY, 1e9)
    monkeypatch.setattr(module, "MAX_DEVICES", 1)
    desk.traces.begin(ANNA, TraceLevel.SUMMARY, 60)
    with pytest.raises(Refused, match="traced already"):
        desk.traces.begin("SEP000000000002", TraceLevel.SUMMARY, 60)


def test_the_files_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_file, "MAX_FILE", 2_000)
    desk.traces.begin(ANNA, TraceLevel.MESSAGES, 60)
    for _ in range(20):
        desk.anna.register()
    written = list(desk.traces.file.parent.glob("trace.log*"))
    assert 1 < len(written) <= 1 + trace_file.MAX_OLD_FILES
    assert sum(each.stat().st_size for each in written) < 4 * 4_000


def test_what_was_traced_of_one_device_can_be_read_and_nothing_of_others(desk: Desk) -> None:
    for device, phone in ((ANNA, desk.anna), (BERT, desk.bert)):
        phone.register()
        desk.traces.begin(device, TraceLevel.MESSAGES, 60)
        phone.register()
    text = desk.traces.text_of(ANNA)
    assert "REGISTER sip:" in text and "Contact:" in text
    assert BERT not in text and "10.0.0.2:" not in text
    desk.traces.end(ANNA)
    assert desk.traces.text_of(ANNA) == text
    assert desk.traces.text_of("SEP000000000009") == ""


def test_a_long_trace_is_read_from_its_end_over_all_its_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_file, "MAX_FILE", 2_000)
    desk.traces.begin(ANNA, TraceLevel.MESSAGES, 60)
    for _ in range(6):
        desk.anna.register()
    assert (desk.traces.file.parent / "trace.log.1").exists()
    whole = desk.traces.text_of(ANNA)
    assert len(whole) > 2_000
    monkeypatch.setattr(module, "MAX_READ", 700)
    end = desk.traces.text_of(ANNA)
    assert 0 < len(end) <= 700
    assert whole.endswith(end)
    assert f" {ANNA} " in end.splitlines()[0], "it begins with an entry, not within one"


def test_what_a_stranger_sends_cannot_be_taken_for_an_entry(desk: Desk) -> None:
    desk.anna.register()
    desk.traces.begin(ANNA, TraceLevel.MESSAGES, 60)
    forged = f"1970-01-01 00:00:00,000 {BERT} from nowhere: lies"
    (binding,) = desk.office.side.registrations.of_device(ANNA)
    said = f"INVITE\n{forged}\r{forged}\r\n{forged}\n{forged}\r{forged}\r\n\r\n".encode()
    desk.office.side.messages.note(0.0, True, binding.flow, said)
    assert desk.traces.text_of(ANNA).count("lies") == 5
    assert desk.traces.text_of(BERT) == ""


def test_who_watches_is_shown_the_end_of_the_present_file_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.anna.register()
    desk.traces.begin(ANNA, TraceLevel.MESSAGES, 60)
    for _ in range(4):
        desk.anna.register()
    whole = desk.traces.text_of(ANNA)
    assert desk.traces.text_of(ANNA, recent=True) == whole
    monkeypatch.setattr(module, "RECENT", 900)
    end = desk.traces.text_of(ANNA, recent=True)
    assert 0 < len(end) <= 900 < len(whole)
    assert whole.endswith(end)
