"""``ringward job``, and the commands that order jobs, while no node runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ringward.administration.administration import Administration

Ringward = Callable[..., str]
Ask = Callable[..., Any]
PHONES = "device_name,model\nSEP000000000001,7961\nSEP000000000002,7961\n"


def work(cluster: Path) -> None:
    """What a node would do."""
    administration = Administration.open(cluster)
    while administration.jobs.step(lambda command, arguments: 1) is not None:
        pass
    administration.close()


def test_jobs_are_ordered_listed_done_and_reported(
    ringward: Ringward, ask: Ask, cluster: Path, tmp_path: Path
) -> None:
    file = tmp_path / "phones.csv"
    file.write_text(PHONES)
    ordered = " ".join(ringward("phone", "import", str(file), "--job").split())
    assert "Job 1 is ordered: Import 2 phones. Watch it: ringward job follow 1" in ordered
    assert "the job begins when one does" in ordered
    assert [(each["number"], each["state"]) for each in ask("job", "list")] == [(1, "waiting")]
    work(cluster)
    assert "2 of 2 done" in " ".join(ringward("job", "follow", "1").split())

    ringward("phone", "reset", "--where", "model=7961")
    work(cluster)
    items = ask("job", "show", "2")["items"]
    assert [(each["key"], each["said"]) for each in items] == [
        ("SEP000000000001", "told to reset"),
        ("SEP000000000002", "told to reset"),
    ]
    assert "Nothing has failed" in ringward("job", "show", "2", "--failed")

    words = ("capf", "set", "install", "--where", "model=7961", "--mode", "string", "--generate", "--reset")
    ringward(*words)
    work(cluster)
    assert ask("job", "show", "3")["done"] == 2
    assert len({row["authentication_string"] for row in ask("capf", "report")}) == 2


def test_a_cancelled_job_is_over_and_following_it_tells_so(ringward: Ringward, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "phones.csv"
    file.write_text(PHONES)
    ringward("phone", "import", str(file), "--job")
    assert "2 left out" in ringward("job", "cancel", "1")
    assert "job 1 is over: cancelled" in ringward("job", "cancel", "1", code=1).replace("\n", " ")
    ringward("job", "follow", "1", code=1)
    assert "there is no job" in ringward("job", "show", "7", code=1)
