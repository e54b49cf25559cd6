from __future__ import annotations

from ringward.services.tftp.admission import Admission, TokenBucket


def test_a_burst_then_the_rate() -> None:
    bucket = TokenBucket(rate=10.0, burst=3.0, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(0.1)
    assert not bucket.take(0.11)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_addresses_do_not_share() -> None:
    admission = Admission(rate=1.0, burst=1.0, max_addresses=10)
    assert admission.admits("192.0.2.1", 0.0)
    assert not admission.admits("192.0.2.1", 0.0)
    assert admission.admits("192.0.2.2", 0.0)


def test_forged_addresses_push_out_only_who_was_silent_longest() -> None:
    admission = Admission(rate=0.001, burst=1.0, max_addresses=3)
    assert admission.admits("flooder", 0.0)
    for n in range(100):
        assert admission.admits(f"forged {n}", 0.0)
        assert not admission.admits("flooder", 0.0)
