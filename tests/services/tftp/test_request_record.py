from __future__ import annotations

from dataclasses import replace

import pytest

from ringward.services.tftp import request_record
from ringward.services.tftp.library import Answer, Outcome
from ringward.services.tftp.request_record import FileRequest, RequestRecord


def request(name: str) -> FileRequest:
    return FileRequest(0.0, name, "192.0.2.7", "TFTP", Outcome.NOT_FOUND, 0, "")


def stranger(device: str) -> Answer:
    return Answer(Outcome.NOT_FOUND, device_name=device)


def test_the_last_requests_of_a_phone() -> None:
    record = RequestRecord()
    for n in range(30):
        record.add(request(f"file {n}"), Answer(Outcome.SERVED, device_name="SEPA", configured=True))
    assert [each.name for each in record.of("SEPA")] == [f"file {n}" for n in range(10, 30)]
    assert record.of("SEPB") == ()


def test_strangers_cannot_displace_configured_phones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_record, "MAX_STRANGERS", 5)
    record = RequestRecord()
    record.add(request("a"), Answer(Outcome.SERVED, device_name="SEPA", configured=True))
    for n in range(50):
        record.add(request("x"), stranger(f"SEP{n}"))
    assert len(record.of("SEPA")) == 1
    assert record.strangers() == tuple(f"SEP{n}" for n in range(45, 50))


def test_a_phone_that_gets_configured_is_no_stranger_any_more() -> None:
    record = RequestRecord()
    assert record.add(request("a"), stranger("SEPA"))
    assert not record.add(request("a"), stranger("SEPA"))
    record.add(request("a"), Answer(Outcome.SERVED, device_name="SEPA", configured=True))
    assert record.strangers() == ()


def test_files_that_belong_to_no_phone_are_not_kept() -> None:
    assert not RequestRecord().add(request("Ringlist.xml"), Answer(Outcome.SERVED))


def test_which_phones_have_read_their_configuration_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trust list is no configuration, and a phone whose requests are forgotten has read nothing."""
    monkeypatch.setattr(request_record, "MAX_CONFIGURED", 2)
    record = RequestRecord()

    def ask(device: str, name: str, at: float, outcome: Outcome = Outcome.SERVED) -> None:
        record.add(
            replace(request(name), time=at, outcome=outcome), Answer(outcome, device_name=device, configured=True)
        )

    ask("SEPA", "SEPA.cnf.xml", 10.0)
    ask("SEPA", "CTLSEPA.tlv", 11.0)
    ask("SEPA", "SEPA.cnf.xml", 12.0, Outcome.REFUSED)
    ask("SEPB", "SEPB.cnf.xml", 20.0)
    assert record.files_read() == {"SEPA": 10.0, "SEPB": 20.0}
    assert record.files_read(since=20.0) == {"SEPB": 20.0}
    ask("SEPC", "SEPC.cnf.xml", 30.0)
    assert record.files_read() == {"SEPB": 20.0, "SEPC": 30.0}
