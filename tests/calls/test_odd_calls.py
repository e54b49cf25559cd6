"""Ten thousand odd calls through one engine: phones do whatever they may in any order, and nothing of it stays.

The same seed plays the same calls again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from calls.ladder import FakeLeg, Office, is_there, may_offer, may_transfer, owes, phone, rings, sound
from calls.test_engine import CODEC_CHOICES, DIRECTIONS, FAILURES, TREATMENTS
from harness.odd_calls import Repertoire, alive
from ringward.calls.call import Alarm, Call
from ringward.calls.connection import Connection
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Redirected,
    TransferRequested,
)
from ringward.calls.features.forward import Forwarding
from ringward.calls.features.hunt import Hunting
from ringward.calls.features.park import Reversion
from ringward.calls.features.transfer import Transfer
from ringward.calls.media import MediaDescription
from ringward.calls.media_exchange import MediaExchange
from ringward.calls.reconciliation import Reconciliation
from ringward.domain.vocabulary import DoNotDisturb

CALLS = 10_000
AT_A_TIME = 12
DIALLED = (
    *("1", "2", "3", "4", "10", "1", "2", "3", "4", "10", "11", "12", "6", "99"),
    *("7", "8", "50", "51", "70", "711", "712", "70", "711", "600", "*81", "*82", "*810"),
)
OF_CALLS = (
    Alarm,
    Call,
    Connection,
    FakeLeg,
    Forwarding,
    Hunting,
    MediaExchange,
    Reconciliation,
    Reversion,
    Transfer,
)
"""What is made for calls and must go with them."""


class OddOffice(Office):
    """Phones that do odd things."""

    def __init__(self, seed: int) -> None:
        super().__init__(
            [
                phone("A", "1", pickup_group="Sales"),
                phone("B", "2", busy_trigger=1, pickup_group="Sales"),
                phone("C", "3", pickup_group="Sales"),
                phone("D", "4", "10", pickup_group="Sales"),
                phone("E", "10", max_calls=1, pickup_group="Sales"),
                phone("F", "6"),
                phone("G", "11", do_not_disturb=DoNotDisturb.CALL_REJECT),
                phone("H", "12", max_calls=50, busy_trigger=50),
            ],
            treatments=TREATMENTS,
        )
        self.contacts.update(D=2, F=0)
        self.random = random.Random(seed)
        self.media_count = 0
        self.done: Counter[str] = Counter()

    def media(self, leg: FakeLeg | str) -> MediaDescription:
        self.media_count += 1
        codecs = CODEC_CHOICES[self.random.randrange(-2, len(CODEC_CHOICES))]
        direction = self.random.choice(DIRECTIONS)
        return sound(f"{getattr(leg, 'name', leg)}{self.media_count}", codecs, direction)

    def step(self) -> None:
        """Somebody does something."""
        act = _ACTS.one(self.random)
        act(self)
        self.steps.clear()
        if len(self.legs) > 4 * AT_A_TIME:
            self.forget()

    def forget(self) -> None:
        """Legs that have ended are nobody's any more."""
        for leg in self.legs:
            assert leg.ends <= 1
            if leg.ends:
                self.offers.pop(id(leg), None)
        self.legs = [leg for leg in self.legs if not leg.ends]

    def some(self, able: Callable[[FakeLeg], bool]) -> FakeLeg | None:
        found = [leg for leg in self.legs if not leg.ends and able(leg)]
        return self.random.choice(found) if found else None

    # -- acts ---------------------------------------------------------------------------------------------

    def dials(self) -> None:
        if len(self.engine.calls) < AT_A_TIME:
            caller = self.random.choice("ABCDEH")
            self.dial(
                caller, self.random.choice(DIALLED), self.media(caller) if self.random.random() < 0.9 else None
            )

    def takes_place(self) -> None:
        """Somebody asks for another's place in a call, or for one that is over."""
        replaced = self.random.choice(self.legs) if self.legs else None
        if replaced is not None and len(self.engine.calls) < AT_A_TIME:
            leg = self._leg(self.line(self.random.choice("ABCDE")), incoming=True)
            leg.awaits, leg.describes = "answer", self.media(leg)
            self.engine.replace(leg, replaced, leg.describes)

    def alerts(self) -> None:
        if leg := self.some(rings):
            leg.tells(Alerting(self.media(leg) if leg.owes == "answer" and self.random.random() < 0.3 else None))

    def answers(self) -> None:
        if leg := self.some(rings):
            leg.tells(Answered(self.media(leg)))

    def fails(self) -> None:
        if leg := self.some(rings):
            leg.tells(Failed(self.random.choice(FAILURES)))

    def sends_on(self) -> None:
        if leg := self.some(rings):
            leg.tells(Redirected(self.random.choice(DIALLED)))

    def hangs_up(self) -> None:
        if leg := self.some(is_there):
            leg.tells(Ended(Cause.NORMAL if leg.connected else Cause.CANCELLED))

    def offers_media(self) -> None:
        if leg := self.some(may_offer):
            leg.tells(MediaOffered(None if self.random.random() < 0.2 else self.media(leg)))

    def replies(self) -> None:
        if leg := self.some(owes):
            leg.tells(MediaAnswered(self.media(leg)))

    def refuses(self) -> None:
        if leg := self.some(owes):
            leg.tells(MediaRefused(self.random.choice([Cause.OFFER_PENDING, Cause.INCOMPATIBLE_MEDIA])))

    def transfers(self) -> None:
        if leg := self.some(may_transfer):
            leg.tells(TransferRequested(self.random.choice(DIALLED)))

    def transfers_after_asking(self) -> None:
        if leg := self.some(may_transfer):
            leg.tells(TransferRequested("1", self.random.choice(self.legs)))

    def says_something_late(self) -> None:
        """A message that crossed the hang-up on its way."""
        ended = [leg for leg in self.legs if leg.ends]
        if ended:
            late: list[LegEvent] = [Alerting(), Ended(), Redirected("2")]
            self.engine._listen(self.random.choice(ended), self.random.choice(late))

    def waits(self) -> None:
        self.passes(self.random.choice([0.1, 1, 5, 12, 30, 60, 200]))

    def is_reconfigured(self) -> None:
        """The directory is replaced by an equal one: appearances are other objects from now on."""
        fresh = OddOffice(0)
        self.directory = fresh.directory


_ACTS = Repertoire(
    (OddOffice.dials, 30),
    (OddOffice.takes_place, 3),
    (OddOffice.alerts, 12),
    (OddOffice.answers, 14),
    (OddOffice.fails, 4),
    (OddOffice.sends_on, 3),
    (OddOffice.hangs_up, 10),
    (OddOffice.offers_media, 6),
    (OddOffice.replies, 25),
    (OddOffice.refuses, 2),
    (OddOffice.transfers, 6),
    (OddOffice.transfers_after_asking, 3),
    (OddOffice.says_something_late, 2),
    (OddOffice.waits, 4),
    (OddOffice.is_reconfigured, 1),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_left_of_ten_thousand_odd_calls(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    before = alive(OF_CALLS)
    office = OddOffice(seed)
    ended, seen = 0, set[str]()
    while ended < CALLS:
        office.step()
        assert office.violations == []
        if len(office.records) > 500:
            ended += len(office.records)
            seen.update(use.partition(" ")[0] for each in office.records for use in each.features.split(", "))
            seen.update(each.redirect_reason for each in office.records)
            office.records.clear()
    assert 0 < sum((alive(OF_CALLS) - before).values()) < 20 * AT_A_TIME  # it does not grow while it goes on
    office.engine.end_all()
    office.passes(1000)
    assert office.violations == []
    assert not office.engine.calls and not office.engine.parked
    assert len(office.engine.occupancy) == 0
    assert office.engine.deadline() is None and not office.engine._alarms
    assert [leg.name for leg in office.legs if not leg.ends] == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    office.legs.clear()
    assert alive(OF_CALLS) - before == Counter()
    # It was no quiet office: all of it happened.
    assert {"hunt", "park", "pickup", "retrieval", "reversion", "deflection", "no-answer", "user-busy"} <= seen
