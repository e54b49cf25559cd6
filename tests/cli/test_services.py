"""``ringward service`` while the node does not run: what is wanted is kept for its next start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ringward = Callable[..., str]
Ask = Callable[..., Any]


def test_what_is_wanted_is_kept_for_the_next_start(ringward: Ringward, ask: Ask) -> None:
    assert "Cisco TFTP on node-1 will not run from the next start" in " ".join(
        ringward("service", "stop", "tftp").split()
    )
    assert [(each["service"], each["status"]) for each in ask("service", "list")][:2] == [
        ("Cisco TFTP", "Stopped"),
        ("Cisco CallManager", "To be started"),
    ]
    ringward("service", "deactivate", "Cisco TFTP")
    assert ask("service", "list")[0]["status"] == "Not activated"
    assert "not activated on node-1" in " ".join(ringward("service", "restart", "tftp", code=1).split())
    assert "will run from the next start" in " ".join(ringward("service", "activate", "tftp").split())


def test_an_unknown_service_is_refused(ringward: Ringward) -> None:
    assert ringward("service", "start", "coffee", code=1) == "ringward: there is no service 'coffee'\n"


def test_a_mistyped_service_is_answered_with_the_one_that_was_meant(ringward: Ringward) -> None:
    assert "there is no service 'cap'; did you mean 'CAPF'?" in ringward("service", "start", "cap", code=1)
    assert "did you mean 'CTL Provider'?" in ringward("service", "start", "ctl-provider", code=1)
