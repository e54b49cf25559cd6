"""Pages take turns."""

from __future__ import annotations

import threading
import time

import pytest

from ringward.web.turns import AT_A_TIME, Turns

MANY = 12


def test_never_more_pages_than_turns_are_made_at_a_time_and_each_is_made() -> None:
    turns, lock = Turns(), threading.Lock()
    present, most, made = 0, 0, 0
    full = threading.Semaphore(0)

    def page() -> None:
        nonlocal present, most, made
        with turns.taken():
            with lock:
                present += 1
                most = max(most, present)
            full.release()
            time.sleep(0.01)
            with lock:
                present -= 1
                made += 1

    threads = [threading.Thread(target=page) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert made == MANY
    assert most <= AT_A_TIME


def test_a_page_that_fails_gives_its_turn_back() -> None:
    turns = Turns()
    for _ in range(AT_A_TIME * 2):
        with pytest.raises(ZeroDivisionError), turns.taken():
            raise ZeroDivisionError
    with turns.taken():
        pass
