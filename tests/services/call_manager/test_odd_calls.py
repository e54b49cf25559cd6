"""Thousands of odd calls on a wire that loses messages: nothing stays of them, no session, leg or transaction.

What ``tests/calls/test_odd_calls.py`` does to the call engine is done here to the whole line side, in SIP. The
same seed plays the same calls again.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from harness.odd_calls import Repertoire, alive
from harness.office import Office, Phone, device, sdp
from harness.wire import Agent
from ringward.calls.call import Call
from ringward.calls.connection import Connection
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import Dialog
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ClientTransaction, ServerTransaction
from ringward.services.call_manager.sip_leg import SipLeg

CALLS = 2_000
LOST = 0.03
OF_CALLS = (Call, ClientRequest, ClientTransaction, Connection, Dialog, InviteSession, ServerTransaction, SipLeg)
"""What is made for calls and must go with them."""
DIRECTIONS = ("sendrecv", "sendrecv", "sendrecv", "sendonly", "inactive")


class OddAgent(Agent):
    """A phone's user agent that keeps what it may do something about."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.placed: list[InviteSession] = []
        self.offered: list[InviteSession] = []

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        self.offered.append(session)

    def sessions(self, *states: str) -> list[InviteSession]:
        """Those that have come so far."""
        self.placed = [each for each in self.placed if not each.is_over]
        self.taken = [each for each in self.taken if not each.is_over]
        return [each for each in (*self.placed, *self.taken) if each.state in states]


class OddOffice:
    """Phones that do odd things."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.office = Office()
        self.wire = self.office.wire
        self.wire.lose = lambda line: self.random.random() < LOST
        self.phones: list[Phone] = []
        self.lives = 0
        for number in ("1001", "1002", "1003", "1004", "1005"):
            configured = device(f"SEP00000000{number}", number, display=number)
            self.office.devices.append(configured)
            self.office.configure()
            self.phones.append(Phone(self.office, configured, self._agent(number), number))
        self.office.forward(self.phones[1], busy="1003", no_answer="1004")
        self.office.forward(self.phones[4], always="1001")
        for phone in self.phones:
            self.registers(phone)

    def _agent(self, number: str) -> OddAgent:
        self.lives += 1
        agent = OddAgent(
            f"p{number}-{self.lives}", (f"10.{self.lives // 250}.{self.lives % 250}.1", 5060), self.wire
        )
        self.wire.join(agent)
        return agent

    @property
    def records(self) -> int:
        return len(self.office.records)

    def step(self) -> None:
        """Somebody does something."""
        act = _ACTS.one(self.random)
        act(self, self.random.choice(self.phones))
        if self.random.random() < 0.7:
            self.wire.settle()
        for phone in self.phones:
            phone.agent.notes.clear()
        self.wire.lines.clear()

    def some(self, phone: Phone, *states: str) -> InviteSession | None:
        found = self.agent(phone).sessions(*states)
        return self.random.choice(found) if found else None

    def body(self, phone: Phone) -> bytes:
        return sdp(phone.agent.address[0], direction=self.random.choice(DIRECTIONS))

    @staticmethod
    def agent(phone: Phone) -> OddAgent:
        assert isinstance(phone.agent, OddAgent)
        return phone.agent

    def put_the_phones_away(self) -> None:
        """What phones believe of calls goes with them; what is left belongs to the call manager."""
        for phone in self.phones:
            self.wire.leave(phone.agent)
        self.phones.clear()

    # -- acts ---------------------------------------------------------------------------------------------

    def registers(self, phone: Phone) -> None:
        phone.request("REGISTER", {"Expires": ["3600"]})

    def restarts(self, phone: Phone) -> None:
        """At another address, without a word to anybody."""
        phone.agent.wire.leave(phone.agent)
        phone.agent = self._agent(phone.number)
        phone.call_id = phone.agent.name
        self.registers(phone)

    def dials(self, phone: Phone) -> None:
        if len(self.office.engine.calls) < 12:
            number = self.random.choice(("1001", "1002", "1003", "1004", "1005", "9999"))
            body = self.body(phone) if self.random.random() < 0.9 else b""
            self.agent(phone).placed.append(phone.call(number, body))

    def rings(self, phone: Phone) -> None:
        if session := self.some(phone, "incoming", "ringing"):
            early = self.body(phone) if self.random.random() < 0.2 else b""
            session.progress(183 if early else 180, self.wire.now, body=early)

    def answers(self, phone: Phone) -> None:
        if session := self.some(phone, "incoming", "ringing"):
            session.answer(self.body(phone), self.wire.now)

    def refuses(self, phone: Phone) -> None:
        if session := self.some(phone, "incoming", "ringing"):
            session.refuse(self.random.choice((486, 480, 603, 500)), self.wire.now)

    def hangs_up(self, phone: Phone) -> None:
        if session := self.some(phone, "calling", "trying", "early", "answered", "established"):
            session.hang_up(self.wire.now)

    def changes_media(self, phone: Phone) -> None:
        if session := self.some(phone, "established"):
            session.offer(self.body(phone), self.wire.now)

    def replies(self, phone: Phone) -> None:
        offered = self.agent(phone).offered
        if offered:
            session = offered.pop(self.random.randrange(len(offered)))
            if self.random.random() < 0.9:
                session.accept(self.body(phone), self.wire.now)
            else:
                session.refuse_offer(488, self.wire.now)
        for session in self.agent(phone).sessions("established"):
            if session.owes_answer:
                session.acknowledge(self.body(phone), self.wire.now)

    def transfers(self, phone: Phone) -> None:
        if session := self.some(phone, "established"):
            session.refer(f"sip:{self.random.choice(('1001', '1002', '1003', '9999'))}@10.0.0.254", self.wire.now)

    def presses_a_key(self, phone: Phone) -> None:
        if session := self.some(phone, "established"):
            session.info("application/dtmf-relay", b"Signal=5\r\nDuration=100\r\n", self.wire.now)

    def waits(self, phone: Phone) -> None:
        self.wire.run(self.random.choice((0.1, 0.3, 1, 4, 20)))


_ACTS = Repertoire(
    (OddOffice.registers, 2),
    (OddOffice.restarts, 1),
    (OddOffice.dials, 30),
    (OddOffice.rings, 25),
    (OddOffice.answers, 25),
    (OddOffice.refuses, 4),
    (OddOffice.hangs_up, 15),
    (OddOffice.changes_media, 10),
    (OddOffice.replies, 30),
    (OddOffice.transfers, 5),
    (OddOffice.presses_a_key, 3),
    (OddOffice.waits, 20),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_left_of_odd_calls(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    before = alive(OF_CALLS)
    odd = OddOffice(seed)
    causes: Counter[str] = Counter()
    ended = 0
    while ended < CALLS:
        odd.step()
        if odd.records > 200:
            ended += odd.records
            for record in odd.office.records:
                causes.update(
                    each.name for each in (record.calling_cause, record.called_cause) if each is not None
                )
            odd.office.records.clear()
    side, engine = odd.office.side, odd.office.engine
    assert side.endpoint.session_count < 100
    odd.wire.lose = lambda line: False
    engine.end_all()
    odd.wire.run(300)
    assert not engine.calls and len(engine.occupancy) == 0
    assert side.endpoint.session_count == 0
    assert len(side.endpoint.transactions) == 0
    assert len(side.endpoint.session_timers) == 0
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == []
    assert len(causes) > 8, causes  # it was no quiet office
    odd.put_the_phones_away()
    assert alive(OF_CALLS) - before == Counter()
