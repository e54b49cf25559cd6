"""Registering, as SIPp does it: with credentials, without, with wrong ones, as nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strangers.conftest import DIGEST_USERS
from strangers.node import Node
from strangers.scenario import Caller
from strangers.sipp import SippPhone

pytestmark = pytest.mark.stranger

MakePhone = Callable[..., SippPhone]


def credentials(user: str, password: str = "") -> str:
    return f"[authentication username={user} password={password or DIGEST_USERS.get(user, '')}]"


def test_a_phone_registers_with_digest_and_unregisters(node: Node, sipp_phone: MakePhone) -> None:
    """SIPD-01: challenged, then accepted."""
    arrive = Caller("arrive", "2001")
    arrive.register()
    arrive.expect_response("401", auth="true")
    arrive.register(credentials=credentials("alice"))
    arrive.expect_response("200", has="[Ee]xpires[:=] ?3600")
    phone = sipp_phone("2001")
    phone.play(arrive)
    assert "2001" in node.registered()

    leave = Caller("leave", "2001")
    leave.register(expires=0)
    leave.expect_response("401", auth="true")
    leave.register(expires=0, credentials=credentials("alice"))
    leave.expect_response("200")
    phone.play(leave)
    assert "2001" not in node.registered()


def test_a_wrong_password_is_refused_and_named_in_the_log(node: Node, sipp_phone: MakePhone) -> None:
    guess = Caller("guess", "2002")
    guess.register()
    guess.expect_response("401", auth="true")
    guess.register(credentials=credentials("bob", "guessed"))
    guess.expect_response("403")
    sipp_phone("2002").play(guess)
    assert "2002" not in node.registered()
    assert any("SEP000000002002" in line and "wrong digest credentials" in line for line in node.warnings())


def test_another_persons_credentials_are_refused(node: Node, sipp_phone: MakePhone) -> None:
    pose = Caller("pose", "2003")
    pose.register()
    pose.expect_response("401", auth="true")
    pose.register(credentials=credentials("alice"))
    pose.expect_response("403")
    sipp_phone("2003").play(pose)
    assert "2003" not in node.registered()


def test_a_number_that_nobody_has_is_refused_like_a_wrong_password(node: Node, sipp_phone: MakePhone) -> None:
    probe = Caller("probe", "7777")
    probe.register()
    probe.expect_response("401", auth="true")
    probe.register(credentials=credentials("alice"))
    probe.expect_response("403")
    sipp_phone("7777").play(probe)
    assert "7777" not in node.registered()


def test_a_phone_without_digest_in_its_profile_registers_at_once(node: Node, sipp_phone: MakePhone) -> None:
    arrive = Caller("arrive", "1000")
    arrive.register()
    arrive.expect_response("200")
    sipp_phone("1000").play(arrive)
    assert "1000" in node.registered()


def test_a_phone_registers_over_tcp(node: Node, sipp_phone: MakePhone) -> None:
    arrive = Caller("arrive", "2101")
    arrive.register()
    arrive.expect_response("401", auth="true")
    arrive.register(credentials=credentials("alice"))
    arrive.expect_response("200")
    sipp_phone("2101", "t1").play(arrive)
