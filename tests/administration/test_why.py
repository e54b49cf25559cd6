"""The answer of ``ringward why`` from configuration, certificates, log and what the node has seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from administration.conftest import Time
from administration.test_call_records import REFUSED as CALL_TO_NOBODY
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.why import PhoneAnswer
from ringward.calls.events import Cause
from ringward.domain.errors import NotAllowed, NotFound
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import LOOKING, Rights
from ringward.domain.rules.obstacles import Place
from ringward.domain.server import Server
from ringward.domain.service import CAPF
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol
from ringward.store.parameters import write_enterprise_texts

KEY = "SEP001122AABBCC"
FILE = TimelineEntry(1_000_010.0, Subject.FILE, "CTL by TFTP: 900 bytes", good=True, about="CTL")
REGISTERED = TimelineEntry(1_000_020.0, Subject.REGISTRATION, "line 1", good=True, security="Non Secure")
REFUSED = TimelineEntry(1_000_020.0, Subject.REFUSAL, "no certificate", good=False, reason="no certificate")
CALL = replace(CALL_TO_NOBODY, origination_time=1_000_028.0)
FAILED = TimelineEntry(1_000_015.0, Subject.TLS, "from there: expired", good=False, reason="expired")


@pytest.fixture
def office(administration: Administration, ada: Actor) -> Administration:
    nonsecure = nonsecure_profile_name("7961", Protocol.SIP)
    profile = PhoneSecurityProfile(
        "Secure", "7961", Protocol.SIP, device_security_mode=DeviceSecurityMode.ENCRYPTED
    )
    administration.records(PhoneSecurityProfile).add(ada, profile)
    administration.phones.add(ada, Phone(KEY, "7961", Protocol.SIP, nonsecure))
    return administration


@pytest.fixture
def mixed(office: Administration) -> None:
    with office.database.writing() as connection:
        write_enterprise_texts(connection, {"cluster_security_mode": "1"})


def passed(answer: PhoneAnswer) -> dict[str, bool | None]:
    return {each.subject: each.passed for each in answer.checks}


def test_what_the_node_has_seen_decides_whether_it_is_registered(office: Administration, ada: Actor) -> None:
    silent = office.why.of_phone(ada, KEY, ())
    assert "has asked for no file" in silent.verdict.state
    answer = office.why.of_phone(ada, KEY, [FILE, REGISTERED])
    assert answer.verdict.is_well
    assert "is Non Secure" in answer.verdict.state
    assert passed(answer)["Registration"] is True


def test_a_secure_profile_in_a_nonsecure_cluster_is_what_stands_in_the_way(
    office: Administration, ada: Actor
) -> None:
    """CLUSTER-07."""
    office.phones.update(ada, KEY, {"security_profile": "Secure"})
    answer = office.why.of_phone(ada, KEY, [FILE, REGISTERED])
    assert answer.verdict.place is Place.CTL_FILE
    assert passed(answer)["Cluster security mode"] is False
    assert passed(answer)["Profile"] is True


NO_FILE = TimelineEntry(
    1_000_012.0, Subject.FILE, f"{KEY}.cnf.xml: gone", good=False, about=f"{KEY}.cnf.xml", reason="gone"
)
NO_LIST = replace(FILE, about=f"CTL{KEY}.tlv", good=False, reason="there is none yet")
GONE = TimelineEntry(1_000_022.0, Subject.GONE, "its connection was lost", reason="its connection was lost")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ([FILE, FAILED], "could make no TLS connection: expired."),
        ([FILE, FAILED, REFUSED], "was refused: no certificate."),
        ([FILE, REFUSED, replace(FAILED, at=1_000_025.0)], "could make no TLS connection: expired."),
        ([FILE, REFUSED, replace(FAILED, at=1_000_025.0, good=None)], "was refused: no certificate. A TLS conn"),
        ([FILE, replace(FAILED, good=None)], "failed where it is, and where other phones are: expired."),
        ([NO_FILE], "did not get its configuration SEP001122AABBCC.cnf.xml: gone."),
        ([NO_FILE, FAILED], "could make no TLS connection: expired."),
        ([FAILED, replace(NO_FILE, at=1_000_016.0)], "did not get its configuration"),
        ([FILE, NO_LIST], "no attempt of it to connect is known"),
        ([NO_FILE, NO_LIST], "did not get its configuration"),
        ([FILE, FAILED, GONE], "was registered, and is not any more: its connection was lost."),
        ([GONE, replace(FILE, at=1_000_030.0)], "no attempt of it to connect is known"),
        ([GONE, replace(FAILED, at=1_000_030.0)], "could make no TLS connection: expired."),
    ],
)
def test_what_the_phone_came_to_last_is_what_stands_in_its_way(
    office: Administration, ada: Actor, seen: list[TimelineEntry], state: str
) -> None:
    """Never a reason that it has got over since, nor one that may be another phone's before one of its own."""
    assert state in office.why.of_phone(ada, KEY, seen).verdict.state


def test_a_phone_that_cannot_follow_its_new_profile_is_not_told_to_reset_again(
    office: Administration, ada: Actor, mixed: None
) -> None:
    """It is still registered as before, while its new connection fails."""
    office.phones.update(ada, KEY, {"security_profile": "Secure"})
    before = replace(REGISTERED, at=1_000_005.0)
    early, late = replace(FAILED, at=1_000_001.0), replace(FAILED, reason="its certificate has expired")
    assert "does not know of the change yet" in office.why.of_phone(ada, KEY, [early, before]).verdict.state
    found = office.why.of_phone(ada, KEY, [before, late]).verdict
    assert "not known to have a certificate" in found.state
    assert found.place is Place.SERVICES, "CAPF does not run yet"


def test_that_capf_does_not_run_is_said_of_a_phone_that_needs_a_certificate(
    office: Administration, ada: Actor, mixed: None
) -> None:
    office.phones.update(ada, KEY, {"security_profile": "Secure"})
    (server,) = (each.name for each in office.records(Server).find(ada).records)
    assert office.why.of_phone(ada, KEY, [FILE]).verdict.command == "ringward service activate capf"
    office.service_control.activate(ada, server, CAPF)
    assert "CAPF" not in office.why.of_phone(ada, KEY, [FILE]).verdict.state
    office.service_control.stop(ada, server, CAPF)
    assert office.why.of_phone(ada, KEY, [FILE]).verdict.command == "ringward service start capf"
    office.service_control.start(ada, server, CAPF)
    failed = TimelineEntry(
        1_000_030.0, Subject.CAPF, "Invalid MIC", good=False, about="Install/Upgrade", reason="Invalid MIC"
    )
    assert "Its last call to CAPF came to nothing: Invalid MIC." in (
        office.why.of_phone(ada, KEY, [FILE, failed]).verdict.state
    )


def test_a_handshake_that_failed_at_its_address_was_not_of_a_phone_without_tls(
    administration: Administration, ada: Actor
) -> None:
    """Phones behind one address share it, and so do software phones of one machine."""
    profile = nonsecure_profile_name("7912", Protocol.SIP)
    administration.phones.add(ada, Phone(KEY, "7912", Protocol.SIP, profile))
    answer = administration.why.of_phone(ada, KEY, [FILE, FAILED])
    assert "no attempt of it to connect is known" in answer.verdict.state
    assert passed(answer)["Registration"] is False


def test_what_was_done_about_the_phone_stands_in_its_timeline_where_it_belongs(
    office: Administration, ada: Actor, clock: Time
) -> None:
    clock.now = 1_000_015.0
    office.phones.update(ada, KEY, {"description": "Reception"})
    office.phones.reset(ada, KEY, lambda: 1)
    timeline = office.why.of_phone(ada, KEY, [FILE, REGISTERED]).timeline
    assert [(entry.subject, entry.text) for entry in timeline] == [
        (Subject.ADMINISTRATION, "added by ada"),
        (Subject.FILE, FILE.text),
        (Subject.ADMINISTRATION, "changed by ada: Description"),
        (Subject.ADMINISTRATION, "told to reset by ada"),
        (Subject.REGISTRATION, "line 1"),
    ]


def test_a_call_that_was_refused_for_security_stands_in_the_timelines_of_both_phones(
    office: Administration, ada: Actor, clock: Time
) -> None:
    """MEDIA-08: for a day; whoever may read no call records does not see it."""
    reason = "refused because the calling phone takes no media in the clear, and so on"
    refused = replace(
        CALL,
        calling_device=KEY,
        called_cause=Cause.INCOMPATIBLE_MEDIA,
        security_reason=reason,
        end_time=1_000_030.0,
    )
    codecs = replace(
        refused, call_id=3, calling_device="SEP000000000009", final_called_device=KEY, end_time=1_000_040.0
    )
    codecs = replace(codecs, security_reason="nonsecure because it is not connected")
    to_nobody = replace(refused, call_id=4, calling_device="SEP000000000009", end_time=1_000_045.0)
    elsewhere = replace(to_nobody, call_id=5, final_called_number="78")
    office.call_records.store([CALL, refused, codecs, to_nobody, elsewhere])
    office.phones.update(ada, KEY, {"lines": (PhoneLine(1, "77"),)})
    clock.now = 1_000_050.0
    found = [
        entry
        for entry in office.why.of_phone(ada, KEY, [REGISTERED]).timeline
        if entry.subject is not Subject.ADMINISTRATION
    ]
    assert [(each.subject, each.text) for each in found] == [
        (Subject.REGISTRATION, "line 1"),
        (Subject.CALL, f"call 2 to 77: {reason}"),
        (Subject.CALL, "call 3 from 1002: no media that both parties take"),
        (Subject.CALL, f"call 4 from 1002: {reason}"),
    ]
    assert found[-1].reason == reason
    helper = Actor("helper", Rights("help desk", ("phone.read",)), "there")
    assert office.why.of_phone(helper, KEY, [FILE]).timeline == (FILE,)
    clock.now += 24 * 60 * 60
    assert not [each for each in office.why.of_phone(ada, KEY, ()).timeline if each.subject is Subject.CALL]


def test_who_may_not_read_the_audit_log_does_not_see_it_here(office: Administration) -> None:
    helper = Actor("helper", Rights("help desk", ("phone.read",)), "there")
    assert office.why.of_phone(helper, KEY, [FILE]).timeline == (FILE,)
    assert office.why.of_phone(Actor("grace", LOOKING, "there"), KEY, [FILE]).timeline


def test_only_who_may_read_phones_is_answered_and_only_of_phones_that_there_are(
    office: Administration, ada: Actor
) -> None:
    with pytest.raises(NotAllowed):
        office.why.of_phone(Actor("nobody", Rights("none", ()), "there"), KEY, ())
    with pytest.raises(NotFound, match="SEP00112233FFFF"):
        office.why.of_phone(ada, "SEP00112233FFFF", ())


def test_an_entry_read_back_from_json_is_the_same(office: Administration, ada: Actor) -> None:
    for entry in (FILE, REGISTERED, REFUSED, FAILED):
        assert TimelineEntry.from_json(entry.as_json()) == entry
    told = office.why.of_phone(ada, KEY, [FILE]).as_json()
    assert list(told) == ["device", "verdict", "checks", "timeline"]
    assert told["timeline"][-1]["subject"] == "file"
