"""Parameters by name, wherever they belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.domain.setting import settings_of

Ringward = Callable[..., str]
Ask = Callable[..., Any]


def test_enterprise_and_service_parameters_are_set_by_name_or_label(ringward: Ringward, ask: Ask) -> None:
    ringward("parameter", "set", "cluster_id", "Lab")
    assert "SIP Timer T1 is now 700." in ringward("parameter", "set", "SIP Timer T1", "700")
    assert ask("parameter", "show", "cluster_id") == {
        "service": "Enterprise",
        "server": "",
        "name": "cluster_id",
        "value": "Lab",
    }
    assert ask("parameter", "show", "sip_timer_t1")["value"] == 700
    assert ask("parameter", "show", "sip_timer_t1")["server"] == "node-1"


def test_all_are_listed(ringward: Ringward, ask: Ask) -> None:
    assert [each["service"] for each in ask("parameter", "list")] == ["Enterprise", *SERVICE_PARAMETERS]
    text = ringward("parameter", "list")
    assert all(item.name in text for item in settings_of(EnterpriseParameters))
    assert "cluster_id" not in ringward("parameter", "list", "--service", "Cisco TFTP")


@pytest.mark.parametrize("kind", [EnterpriseParameters, *SERVICE_PARAMETERS.values()])
def test_each_has_help(kind: Any, ringward: Ringward) -> None:
    place = "Enterprise" if kind is EnterpriseParameters else kind.title
    for item in settings_of(kind):
        text = " ".join(ringward("parameter", "show", item.name, "--service", place).split())
        assert item.setting.help in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["set", "cluster_security_mode", "1"], "cannot be set here"),
        (["set", "sip_timer_t1", "soon"], "sip_timer_t1: 'soon' is not valid; allowed: whole numbers from 100 to"),
        (["set", "colour", "red"], "there is no parameter 'colour'"),
        (["show", "sip_timer_t1", "--server", "node-9"], "there is no server 'node-9'"),
        (["list", "--service", "Cisco Coffee"], "there is no service 'Cisco Coffee'"),
    ],
)
def test_what_is_wrong_is_named(words: list[str], sentence: str, ringward: Ringward) -> None:
    assert sentence in ringward("parameter", *words, code=1)


def test_a_mistyped_name_is_answered_with_the_one_that_was_meant(ringward: Ringward) -> None:
    assert "did you mean 'Cluster ID'?" in ringward("parameter", "show", "Clustr ID", code=1)
    assert "did you mean 'sip_timer_t1'?" in ringward("parameter", "set", "sip_timr_t1", "700", code=1)
