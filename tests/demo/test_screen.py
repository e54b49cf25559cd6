"""What the demonstration shows fits on the screen, with what matters on it, however small that is."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from ringward.demo.office import CallVerdict, Office
from ringward.demo.scenes import SCENES
from ringward.demo.screen import Screen
from ringward.demo.steps import Programme, Result

REASON = "nonsecure because the called phone's profile is Non Secure"
CALL = {
    "calling": "1001",
    "calling_name": "Alice Archer",
    "called": "1005",
    "called_name": "Erin Ellis",
    "state": "connected",
    "held_by": "",
    "originated_at": 0.0,
    "security": "nonsecure",
    "security_reason": REASON,
}


def office(verdicts: int) -> Office:
    desks = [
        SimpleNamespace(
            person=SimpleNamespace(
                number=f"100{n}", name="Alice Archer", device_name=f"SEP00000000100{n}", model="7961"
            ),
            state="talks with 1002",
            hears="1062.5+2450 Hz",
        )
        for n in range(5)
    ]
    node = SimpleNamespace(address="127.0.0.1", port_offset=20000)
    verdict = CallVerdict(
        "Authenticated – Encrypted", "Alice – Erin", "nonsecure", REASON, "none", "AEAD_AES_256_GCM"
    )
    return cast(Office, SimpleNamespace(desks=desks, node=node, verdicts=[verdict] * verdicts))


def picture(width: int, height: int, done: int, verdicts: int = 0, *, is_over: bool = False) -> list[str]:
    """The lines of the picture after so many steps."""
    programme = Programme(SCENES)
    programme.results = [Result(scene.id, True, scene.title, "", 1.0) for scene in SCENES[:done]]
    programme.playing = SCENES[done].id if done < len(SCENES) else ""
    screen = Screen(programme, Path("ringward-demo-12345678"))
    screen._console = Console(width=width, height=height, file=StringIO())
    screen._office, screen._is_over = office(verdicts), is_over
    screen._sign_in = "https://127.0.0.1:30443/ as administrator, xxxxxxxxxxxxxxxxxxxx"
    screen._calls = [CALL]
    for number in range(9):
        screen.tell(f"something that happens, and takes many words to tell of it: event{number}, and so on")
    console = screen._console
    return ["".join(part.text for part in line).rstrip() for line in console.render_lines(screen._picture())]


@pytest.mark.parametrize("width", [80, 130])
@pytest.mark.parametrize("height", [24, 40, 50, 70])
@pytest.mark.parametrize(("done", "verdicts"), [(0, 0), (12, 0), (len(SCENES) - 1, 4), (len(SCENES), 4)])
def test_the_picture_fits_and_shows_the_present_step_and_what_happens(
    width: int, height: int, done: int, verdicts: int
) -> None:
    lines = picture(width, height, done, verdicts)
    assert len(lines) < height
    assert any("event8" in line for line in lines), "the latest of what happened"
    assert any("xxxxxxxxxxxxxxxxxxxx" in line for line in lines), "the password, whole"
    present = SCENES[min(done, len(SCENES) - 1)]
    assert any(present.id in line for line in lines)
    assert sum("talks with 1002" in line for line in lines) == 5
    assert sum("Authenticated – Encrypted" in line for line in lines) == verdicts


def test_what_is_not_shown_is_counted() -> None:
    lines = picture(80, 24, 12)
    (before,) = (line for line in lines if line.endswith(" before"))
    (after,) = (line for line in lines if line.endswith(" more"))
    shown = sum(any(line[3:].startswith(f"{scene.id} ") for line in lines) for scene in SCENES)
    assert int(before.split()[-2]) + shown + int(after.split()[-2]) == len(SCENES)


def test_the_last_picture_has_every_step() -> None:
    lines = picture(80, 24, len(SCENES), 4, is_over=True)
    assert all(any(scene.id in line for line in lines) for scene in SCENES)
    assert any("SRTP" in line for line in lines)


def test_the_record_has_the_table_of_calls_as_data() -> None:
    """Which kinds of phones, what they showed, and how secure the node said that it was and why."""
    programme = Programme(SCENES)
    programme.results = [Result(scene.id, True, scene.title, "", 1.0) for scene in SCENES]
    record = json.loads(programme.as_json(office(1).verdicts))
    assert record["ok"] and len(record["steps"]) == len(SCENES)
    (call,) = record["calls"]
    assert (call["between"], call["security"], call["reason"], call["icon"]) == (
        "Authenticated – Encrypted",
        "nonsecure",
        REASON,
        "none",
    )
    assert json.loads(programme.as_json())["calls"] == []
