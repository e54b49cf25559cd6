"""``ringward second-factor``: for whoever owns the data directory."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.conftest import Ringward
from ringward.administration.administration import Administration
from ringward.domain.rules.one_time_code import accepted_step, code_of, step_at

Ask = Callable[..., Any]


@pytest.fixture
def authenticator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who reads the key off the terminal, and types the code that belongs to it."""
    shown: list[str] = []
    echo = typer.echo

    def read(message: Any = None, **more: Any) -> None:
        shown.append(str(message))
        echo(message, **more)

    def type_code(*_: Any, **__: Any) -> str:
        import time

        found = re.search(r"Key: ([A-Z2-7 ]+)", "\n".join(shown))
        assert found
        key, moment = b32decode(found.group(1).replace(" ", "")), int(time.time() * 1000)
        code = code_of(key, step_at(moment))
        assert accepted_step(key, code, moment, -1) is not None
        return code

    monkeypatch.setattr(typer, "echo", read)
    monkeypatch.setattr(typer, "prompt", type_code)


@pytest.mark.usefixtures("authenticator")
def test_it_is_set_up_listed_given_new_codes_and_taken_away(ringward: Ringward, ask: Ask, cluster: Path) -> None:
    (before,) = ask("second-factor", "list")
    assert before == {"user": "administrator", "enrolled_at": None, "codes_left": 0}
    codes = json.loads(ringward("second-factor", "enrol", "administrator", "--json"))["recovery_codes"]
    assert len(set(codes)) == 10
    (listed,) = ask("second-factor", "list")
    assert listed["codes_left"] == 10 and listed["enrolled_at"] > 0
    assert "since" in ringward("second-factor", "list")
    fresh = ringward("second-factor", "new-codes", "administrator")
    administration = Administration.open(cluster)
    try:
        assert administration.second_factors.take("administrator", codes[0]) is None
        new = re.search(r"^    (\S+)$", fresh, re.MULTILINE)
        assert new and administration.second_factors.take("administrator", new.group(1))
    finally:
        administration.close()
    assert "already" in ringward("second-factor", "enrol", "administrator", code=1)
    assert "is gone" in ringward("second-factor", "remove", "administrator")
    assert ask("second-factor", "list") == [before]
    noted = [each["permission"] for each in ask("audit", "list", "--noun", "second-factor")]
    assert noted == ["second-factor.remove", "second-factor.add", "second-factor.add"]


def test_a_wrong_code_sets_nothing_up(ringward: Ringward, ask: Ask) -> None:
    assert "authenticator shows now" in ringward(
        "second-factor", "enrol", "administrator", code=1, typed="no code\n"
    )
    assert ask("second-factor", "list")[0]["enrolled_at"] is None


def test_an_account_that_is_not_there_or_has_none_is_told(ringward: Ringward) -> None:
    assert "nobody" in ringward("second-factor", "remove", "nobody", code=1)
    assert "there is no second-factor" in ringward("second-factor", "new-codes", "administrator", code=1)
