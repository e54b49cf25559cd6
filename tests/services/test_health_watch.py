"""What a node notices by itself (SVC-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from harness.foreign import certificate
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import Expiring
from ringward.domain.alarm_catalogue import DISK_FULL, DISK_SPACE_LOW
from ringward.domain.rights import EVERYTHING
from ringward.services.health_watch import HealthWatch, Space, disk_events, expiry_events
from ringward.store.alarms import AlarmFilter

ADA = Actor("ada", EVERYTHING, "test")


@pytest.mark.parametrize(
    ("days", "name", "said"),
    [
        (60, "CertificateExpiresIn60Days", "expires within 60 days, at 2027-05-04"),
        (30, "CertificateExpiresIn30Days", "expires within 30 days, at 2027-05-04"),
        (7, "CertificateExpiresIn7Days", "expires within 7 days, at 2027-05-04"),
        (0, "CertificateExpired", "expired at 2027-05-04"),
    ],
)
def test_each_step_towards_the_end_has_an_alarm_of_its_own(days: int, name: str, said: str) -> None:
    (event,) = expiry_events([Expiring("node-1 web", certificate(), days)]).values()
    assert event.name == name and event.subject.startswith("node-1 web CN=node-1 ")
    assert event.text.startswith(f"node-1 web (CN=node-1) {said}")


def test_thousands_of_phones_are_one_alarm() -> None:
    (event,) = expiry_events([Expiring("LSC of a phone", certificate(), 30, 4711)]).values()
    assert event.subject == "LSC of a phone"
    assert event.text.startswith("LSC of a phone (4711, this one first) (CN=node-1) expires within 30 days, at")


@pytest.mark.parametrize(
    ("free", "raised"),
    [
        (50_000_000_000, set()),
        (4_000_000_000, {DISK_SPACE_LOW}),
        (199_999_999, {DISK_FULL}),
    ],
)
def test_a_disk_that_fills_up(free: int, raised: set[str]) -> None:
    events = tuple(disk_events(Space(100_000_000_000, 0, free), "/data"))
    assert {each.name for each in events if each.raised} == raised
    assert {each.name for each in events} == {DISK_SPACE_LOW, DISK_FULL}


def test_a_small_disk_with_much_of_it_free_is_well() -> None:
    assert not any(each.raised for each in disk_events(Space(8_000_000_000, 0, 4_000_000_000), "/data"))


def _raised(administration: Administration) -> set[str]:
    return {each.name for each in administration.alarms.find(ADA, AlarmFilter(raised=True)).alarms}


async def test_it_looks_when_it_starts_and_clears_what_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringward.services.health_watch.AGAIN_AFTER", 0.0)
    administration = Administration.open(tmp_path / "data", create=True)
    watch = HealthWatch(administration, tmp_path / "data")
    found = [Expiring("node-1 web", certificate(), 7)]
    watch._certificates = lambda: tuple(found)
    (tmp_path / "data" / "tftp").mkdir()
    stray = tmp_path / "data" / "tftp" / "CTLFile.tlv"
    stray.write_bytes(b"from nowhere")
    looked, loop, settle = asyncio.Event(), asyncio.get_running_loop(), administration.alarms.settle

    def settled(present: Mapping[str, Iterable[str]]) -> None:
        settle(present)
        loop.call_soon_threadsafe(looked.set)

    monkeypatch.setattr(administration.alarms, "settle", settled)  # the last thing of a look
    watch.start()
    assert watch._task is not None
    async with asyncio.timeout(60):
        await looked.wait()
    assert {"TrustListTampered", "CertificateExpiresIn7Days"} <= _raised(administration)
    watch.stop()
    await asyncio.gather(watch._task, return_exceptions=True)
    stray.unlink()
    found[:] = [Expiring("node-1 web", certificate(), 0)]
    await asyncio.to_thread(watch.look, certificates=True)
    now = _raised(administration)
    assert "CertificateExpired" in now
    assert "TrustListTampered" not in now and "CertificateExpiresIn7Days" not in now
    administration.close()
