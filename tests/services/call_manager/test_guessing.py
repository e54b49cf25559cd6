"""Lock-out of guessers, and of nobody else."""

from __future__ import annotations

import pytest

from harness.stranger import Besieged, request
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import parse_message
from ringward.services.call_manager.guessing import (
    ADDRESS,
    DEVICE,
    FIRST_LOCK,
    LONGEST_LOCK,
    MAX_COUNTS,
    PAIR,
    GuessingGuard,
)

PHONE, HOME, EVIL = "SEP000000000001", "198.51.100.1", "192.0.2.66"


def guess(
    guard: GuessingGuard, times: int, *, device: str = PHONE, address: str = EVIL, now: float = 0.0
) -> float:
    """Wrong guesses in a row; returns the seconds of the lock that the last one brought."""
    lock = None
    for _ in range(times):
        lock = guard.wrong(device, address, registered_here=False, now=now)
    return lock.seconds if lock is not None else 0.0


def test_a_few_guesses_are_free_and_then_each_doubles_the_lock() -> None:
    guard, now, seconds = GuessingGuard(), 0.0, FIRST_LOCK
    assert guess(guard, PAIR.free) == 0.0
    for _ in range(8):
        assert guess(guard, 1, now=now) == seconds
        assert guard.is_locked(PHONE, EVIL, False, now + seconds - 0.1)
        now += seconds
        assert not guard.is_locked(PHONE, EVIL, False, now)
        seconds *= 2
    assert guard.locks == 8


def test_the_lock_has_a_longest() -> None:
    guard, now = GuessingGuard(), 0.0
    guess(guard, PAIR.free)
    for _ in range(50):
        seconds = guess(guard, 1, now=now)
        now += seconds
    assert seconds == LONGEST_LOCK


def test_guesses_while_locked_change_nothing() -> None:
    guard = GuessingGuard()
    assert guess(guard, PAIR.free + 1) == FIRST_LOCK
    assert guess(guard, 1_000, now=1.0) == 0.0
    assert not guard.is_locked(PHONE, EVIL, False, FIRST_LOCK)


def test_guesses_are_forgiven_with_time() -> None:
    guard = GuessingGuard()
    guess(guard, PAIR.free)
    assert guess(guard, 1, now=2 * PAIR.memory) == 0.0


def test_who_proves_himself_begins_anew() -> None:
    guard = GuessingGuard()
    guess(guard, PAIR.free)
    guard.right(PHONE, EVIL)
    assert guess(guard, PAIR.free) == 0.0


def test_an_address_that_tries_every_device_is_locked_out_of_all() -> None:
    guard = GuessingGuard()
    for number in range(ADDRESS.free + 1):
        guess(guard, 1, device=f"SEP{number:012}")
    assert guard.is_locked("SEPFFFFFFFFFFFF", EVIL, False, 0.0)
    assert guard.is_locked("", EVIL, False, 0.0)
    assert not guard.is_locked("SEPFFFFFFFFFFFF", HOME, False, 0.0)
    # Who is registered from there works on beside the guesser.
    assert not guard.is_locked("SEPFFFFFFFFFFFF", EVIL, True, 0.0)


def test_many_addresses_do_not_lock_a_phone_out_from_its_own() -> None:
    guard = GuessingGuard()
    guard.right(PHONE, HOME)
    for number in range(DEVICE.free + 1):
        guess(guard, 1, address=f"203.0.113.{number}")
    assert guard.is_locked(PHONE, "203.0.113.200", False, 0.0)
    assert not guard.is_locked(PHONE, HOME, False, 0.0)
    assert not guard.is_locked(PHONE, "203.0.113.200", True, 0.0)


def test_memory_is_bounded() -> None:
    guard = GuessingGuard()
    for number in range(2 * MAX_COUNTS):
        guess(guard, 1, device=f"SEP{number:012}", address=f"address {number}")
    assert len(guard) <= 3 * MAX_COUNTS


# -- through the line side ----------------------------------------------------------------------------------


@pytest.fixture
def besieged() -> Besieged:
    besieged = Besieged()
    besieged.add("1001", ("alice", "right"))
    besieged.add("1002", ("bob", "right2"))
    return besieged


def test_a_guesser_is_locked_out_and_does_not_notice(besieged: Besieged, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(PAIR.free + 1):
        assert besieged.log_in("1001", "alice", f"guess{number}", EVIL) == 403
    assert besieged.log_in("1001", "alice", "right", EVIL) == 403
    assert besieged.side.registrations.of_device(PHONE) == []
    alarms = [message for message in caplog.messages if message.startswith("ALARM DigestGuessing")]
    assert alarms == [
        f"ALARM DigestGuessing: digest credentials are being guessed: {PHONE} from {EVIL} locked out "
        "for 4 seconds, doubling with each further wrong guess"
    ]
    assert not [message for message in caplog.messages if "right" in message or "guess0" in message]
    besieged.now += FIRST_LOCK
    assert besieged.log_in("1001", "alice", "right", EVIL) == 200


def test_the_phone_itself_is_not_locked_out_from_elsewhere(besieged: Besieged) -> None:
    for number in range(DEVICE.free * 2):
        besieged.log_in("1001", "alice", f"guess{number}", f"203.0.113.{number % 3}")
    assert besieged.log_in("1001", "alice", "right", HOME) == 200
    for number in range(DEVICE.free * 2):
        besieged.log_in("1001", "alice", f"guess{number}", f"203.0.113.{number % 200}")
    assert besieged.log_in("1001", "alice", "right", HOME, extra=["Expires: 0"]) == 200
    assert besieged.log_in("1001", "alice", "right", HOME) == 200


def test_an_office_works_on_beside_a_guesser_in_it(besieged: Besieged) -> None:
    assert besieged.log_in("1001", "alice", "right", HOME) == 200
    for number in range(ADDRESS.free + 10):
        besieged.log_in(str(3000 + number), "alice", f"guess{number}", HOME)
    assert besieged.log_in("1002", "bob", "right2", HOME) == 403  # who is not there yet has to wait
    assert besieged.log_in("1001", "alice", "right", HOME) == 200


def test_forged_addresses_lock_nobody_out(besieged: Besieged) -> None:
    """A challenge that went to the guesser is no use in the name of the phone's address."""
    (challenge,) = besieged.send(_register("k1", EVIL), EVIL)
    for number in range(50):
        forged = _register("k1", EVIL, _answer(challenge, "k1", EVIL, f"guess{number}"), cseq=2 + number)
        (answer,) = besieged.send(forged, HOME)
        assert answer.status == 401
    assert len(besieged.side.authenticator.guard) == 0
    assert besieged.log_in("1001", "alice", "right", HOME) == 200


def _register(key: str, host: str, authorization: str = "", cseq: int = 1) -> bytes:
    extra = [f"Authorization: {authorization}"] if authorization else []
    return request("REGISTER", "1001", key=key, host=host, extra=extra, cseq=cseq)


def _answer(challenge: object, key: str, host: str, password: str) -> str:
    asked = parse_message(_register(key, host))
    assert isinstance(asked, Request) and isinstance(challenge, Response)
    header = DigestCredentials("alice", password, lambda: "c").answer(asked, challenge)
    assert header is not None
    return header[1]


def test_wrong_guesses_in_a_call_count_too(besieged: Besieged) -> None:
    assert besieged.log_in("1001", "alice", "right", HOME) == 200
    for _ in range(PAIR.free + 1):
        status = besieged.log_in("1001", "alice", "guess", HOME, method="INVITE", uri="sip:1002@10.0.0.254")
        assert status == 403
    assert besieged.log_in("1001", "alice", "right", HOME, method="INVITE", uri="sip:1002@10.0.0.254") == 403
