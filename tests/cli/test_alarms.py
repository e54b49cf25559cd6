"""``ringward alarm`` on a cluster whose node does not run (SVC-10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.domain.alarm import raised
from ringward.domain.alarm_catalogue import ALARMS, BACKUP_FAILED, PHONE_REFUSED

Ringward = Callable[..., str]
Ask = Callable[..., Any]


@pytest.fixture
def two(cluster: Path) -> None:
    administration = Administration.open(cluster)
    try:
        administration.alarms.report(raised(BACKUP_FAILED, "backup", "no space"))
        administration.alarms.report(raised(PHONE_REFUSED, "SEP000000000001", "no certificate"))
    finally:
        administration.close()


def test_nothing_is_wrong(ringward: Ringward, ask: Ask, cluster: Path) -> None:
    assert "no alarm is raised" in ringward("alarm", "list")
    assert ask("alarm", "list") == []


@pytest.mark.usefixtures("two")
def test_alarms_are_listed_shown_and_acknowledged(ringward: Ringward, ask: Ask) -> None:
    assert [each["name"] for each in ask("alarm", "list")] == [BACKUP_FAILED, PHONE_REFUSED]
    (one,) = ask("alarm", "list", "--severity", "Error")
    assert one["name"] == BACKUP_FAILED and one["is_raised"] and one["count"] == 1
    shown = " ".join(ringward("alarm", "show", str(one["number"])).split())
    assert ALARMS[BACKUP_FAILED].advice in shown and "no space" in shown
    assert ask("alarm", "show", str(one["number"]))["history"][0]["act"] == "raised"
    assert "1 alarm acknowledged" in ringward("alarm", "acknowledge", str(one["number"]))
    assert "1 alarm acknowledged" in ringward("alarm", "acknowledge", "--all")
    assert all(each["acknowledged_by"] for each in ask("alarm", "list"))


@pytest.mark.usefixtures("two")
def test_an_alarm_is_set_otherwise(ringward: Ringward, ask: Ask) -> None:
    said = ringward("alarm", "configure", PHONE_REFUSED, "--severity", "notice", "--no-syslog")
    assert "is Notice and goes to: pages, log." in said
    (set_so,) = [each for each in ask("alarm", "catalogue") if each["name"] == PHONE_REFUSED]
    assert (set_so["severity"], set_so["to_syslog"]) == ("notice", False)
