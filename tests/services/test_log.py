"""The node's log in both forms."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from ringward.services.log import start_logging


@pytest.fixture(autouse=True)
def root_logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for switch in ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing"):
        monkeypatch.setattr(logging, switch, getattr(logging, switch))  # so that it is set back
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(form: str, level: str = "info") -> list[str]:
    stream = io.StringIO()
    start_logging(level, form, stream)
    log = logging.getLogger("ringward.services.call_manager")
    log.debug("too fine")
    log.warning("%s registered", "evil\r\nname\x1b[2J")
    try:
        raise KeyError("cause")
    except KeyError:
        log.exception("it failed")
    return stream.getvalue().splitlines()


def test_a_stranger_cannot_write_lines_of_their_own() -> None:
    first, second, *trace = lines("text")
    assert first.endswith(r"WARNING call_manager: evil\r\nname\x1b[2J registered")
    assert second.endswith("ERROR call_manager: it failed")
    assert trace[-1] == "KeyError: 'cause'"


def test_json_lines_hold_everything() -> None:
    first, second = (json.loads(line) for line in lines("json"))
    assert first["message"] == "evil\r\nname\x1b[2J registered"
    assert (first["level"], first["source"]) == ("warning", "call_manager")
    assert "KeyError" in second["traceback"]


def test_level() -> None:
    assert len(lines("json", "debug")) == 3
    assert len(lines("json", "error")) == 1
