"""Alarms as they are stored, shown, acknowledged and set (SVC-10)."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.alarm import AlarmSeverity, cleared, raised
from ringward.domain.alarm_catalogue import (
    ALARMS,
    BACKUP_FAILED,
    DIGEST_GUESSING,
    DISK_FULL,
    PHONE_REFUSED,
    SERVICE_FAILED,
)
from ringward.domain.errors import NotAllowed, NotFound, Refused
from ringward.domain.rights import LOOKING
from ringward.store import alarms as rows
from ringward.store.alarms import AlarmFilter
from ringward.store.audit import AuditFilter

HOUR = 3600


def test_an_alarm_is_raised_counted_cleared_and_raised_anew(
    administration: Administration, ada: Actor, clock: Any
) -> None:
    alarms = administration.alarms
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "its port is taken"))
    clock.now += 5
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "its port is still taken", count=3))
    (one,) = alarms.find(ada).alarms
    assert (one.is_raised, one.count, one.text, one.waits) == (True, 4, "its port is still taken", True)
    assert one.last_at - one.first_at == 5000 and one.severity is AlarmSeverity.CRITICAL
    clock.now += 5
    alarms.report(cleared(SERVICE_FAILED, "Cisco TFTP"))
    alarms.report(cleared(SERVICE_FAILED, "Cisco TFTP"))
    alarms.report(cleared(SERVICE_FAILED, "never raised"))
    (one,) = alarms.find(ada).alarms
    assert not one.is_raised and one.cleared_at == one.last_at + 5000
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "again"))
    (one,) = alarms.find(ada).alarms
    assert (one.is_raised, one.count, one.cleared_at) == (True, 1, None)
    assert [each.act for each in alarms.history(ada, one.number)] == ["raised", "cleared", "raised"]


def test_the_worst_that_is_raised_comes_first(administration: Administration, ada: Actor, clock: Any) -> None:
    for event in (
        raised(PHONE_REFUSED, "SEP000000000001", "no certificate"),
        raised(DIGEST_GUESSING, "192.0.2.9", "guesses"),
        raised(DISK_FULL, "/data", "full"),
        cleared(DISK_FULL, "/data"),
        raised(BACKUP_FAILED, "backup", "no space"),
    ):
        administration.alarms.report(event)
        clock.now += 1
    found = administration.alarms.find(ada).alarms
    assert [each.name for each in found] == [DIGEST_GUESSING, BACKUP_FAILED, PHONE_REFUSED, DISK_FULL]
    page = administration.alarms.find(ada, AlarmFilter(severity=AlarmSeverity.ERROR, raised=True), limit=1)
    assert page.total == 2 and [each.name for each in page.alarms] == [DIGEST_GUESSING]
    assert administration.alarms.find(ada, AlarmFilter(text="sep00")).total == 1
    assert administration.alarms.find(ada, AlarmFilter(text="%")).total == 0
    assert administration.alarms.find(ada, AlarmFilter(name=DISK_FULL, raised=True)).total == 0


def test_what_is_not_repeated_ends_by_itself(administration: Administration, ada: Actor, clock: Any) -> None:
    administration.alarms.report(raised(PHONE_REFUSED, "SEP000000000001", "no certificate"))
    administration.alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "its port is taken"))
    quiet = ALARMS[PHONE_REFUSED].quiet_after
    assert quiet == HOUR
    clock.now += quiet
    administration.alarms.clear_quiet()
    assert administration.alarms.find(ada, AlarmFilter(raised=True)).total == 2
    clock.now += 1
    administration.alarms.clear_quiet()
    assert [each.name for each in administration.alarms.find(ada, AlarmFilter(raised=True)).alarms] == [
        SERVICE_FAILED
    ]


def test_acknowledging_is_audited_and_lasts_until_the_alarm_is_raised_anew(
    administration: Administration, ada: Actor
) -> None:
    alarms = administration.alarms
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "its port is taken"))
    (one,) = alarms.find(ada).alarms
    (seen,) = alarms.acknowledge(ada, [one.number, one.number])
    assert seen.acknowledged_by == ada.name and not seen.waits and seen.is_raised
    with pytest.raises(Refused, match="already"):
        alarms.acknowledge(ada, [one.number])
    with pytest.raises(NotFound):
        alarms.acknowledge(ada, [one.number + 1])
    entry = administration.audit.find(ada, AuditFilter(permission="alarm.acknowledge", noun="alarm")).entries[-1]
    assert entry.after["alarm"] == SERVICE_FAILED and entry.after["subject"] == "Cisco TFTP"
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "still"))
    assert alarms.acknowledge_all(ada) == 0
    alarms.report(cleared(SERVICE_FAILED, "Cisco TFTP"))
    alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "again"))
    assert alarms.get(ada, one.number).waits and alarms.acknowledge_all(ada) == 1


def test_whoever_may_only_look_acknowledges_and_sets_nothing(administration: Administration, ada: Actor) -> None:
    administration.alarms.report(raised(SERVICE_FAILED, "Cisco TFTP", "its port is taken"))
    looker = Actor("lou", LOOKING, "test")
    (one,) = administration.alarms.find(looker).alarms
    with pytest.raises(NotAllowed):
        administration.alarms.acknowledge(looker, [one.number])
    with pytest.raises(NotAllowed):
        administration.alarms.configure(looker, SERVICE_FAILED, to_log=False)


def test_an_alarm_can_be_set_otherwise(administration: Administration, ada: Actor) -> None:
    alarms = administration.alarms
    alarms.report(raised(PHONE_REFUSED, "SEP000000000001", "no certificate"))
    made = alarms.configure(ada, PHONE_REFUSED, severity=AlarmSeverity.ALERT, to_syslog=False)
    assert not made.is_default and made.setting.to_log
    assert alarms.find(ada).alarms[0].severity is AlarmSeverity.ALERT
    assert alarms.routing().settings[PHONE_REFUSED] == made.setting
    entry = administration.audit.find(ada, AuditFilter(permission="alarm.configure")).entries[0]
    assert entry.before == {"severity": "Warning", "to_syslog": "true"}
    assert entry.after == {"severity": "Alert", "to_syslog": "false"}
    back = alarms.configure(ada, PHONE_REFUSED, severity=AlarmSeverity.WARNING, to_syslog=True)
    assert back.is_default and all(each.is_default for each in alarms.catalogue(ada))
    with pytest.raises(NotFound):
        alarms.configure(ada, "NoSuchAlarm", to_log=False)


def test_made_up_subjects_fill_no_disk(
    administration: Administration, ada: Actor, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(rows, "MAX_ALARMS", 20)
    monkeypatch.setattr(rows, "MAX_ENTRIES", 30)
    administration.alarms.report(raised(DISK_FULL, "/data", "full"))
    for number in range(100):
        clock.now += 1
        administration.alarms.report(raised(DIGEST_GUESSING, f"192.0.2.{number}", "x" * 10_000))
        administration.alarms.report(cleared(DIGEST_GUESSING, f"192.0.2.{number}"))
    found = administration.alarms.find(ada, limit=1000)
    assert found.total == 20 and found.alarms[0].name == DISK_FULL
    assert max(len(each.text) for each in found.alarms) == 500
    assert sum(len(administration.alarms.history(ada, each.number)) for each in found.alarms) <= 30


def test_wrong_passwords_raise_an_alarm_about_the_account(administration: Administration, ada: Actor) -> None:
    for _ in range(5):
        administration.lock_outs.begin("application-user", "root", ("192.0.2.9",))
    (one,) = administration.alarms.find(ada, AlarmFilter(raised=True)).alarms
    assert (one.name, one.subject) == ("AccountLockedOut", "root")


def test_every_alarm_says_what_to_do() -> None:
    assert len(ALARMS) >= 25
    for name, kind in ALARMS.items():
        assert name == kind.name and len(name) <= 32  # MSGID, RFC 5424 section 6
        assert kind.meaning.endswith(".") and kind.advice.endswith(".") and kind.source
