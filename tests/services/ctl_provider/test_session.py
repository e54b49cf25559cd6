"""The end of a CTL client's session while one of its requests is still being carried out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from ringward.administration.authorization import Actor
from ringward.domain.rights import EVERYTHING
from ringward.protocols.ctl_provider.messages import (
    LoggedIn,
    LogIn,
    ModeNoted,
    Saved,
    SaveTrustList,
    SetClusterMode,
)
from ringward.services.ctl_provider.session import Connection, Session

PATIENCE = 60
ADA = Actor("ada", EVERYTHING, "test")


class SlowCtlFile:
    """A CTL file whose staging takes until the test lets it end."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.is_staged = False

    def stage(self, actor: Actor, proposed: object) -> str:
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        self.is_staged = True
        return "CTLFile.tlv"

    def discard(self, actor: Actor) -> None:
        self.is_staged = False


def test_what_is_being_saved_when_the_service_stops_is_forgotten() -> None:
    ctl_file = SlowCtlFile()
    log_in = SimpleNamespace(administrator=lambda *arguments: ADA)
    administration: Any = SimpleNamespace(ctl_file=ctl_file, authentication=log_in)
    session = Session(administration, Connection("127.0.0.1", b"challenge", b"certificate", 0))
    assert session.answer(LogIn("ada", "secret")) == LoggedIn()
    assert session.answer(SetClusterMode(1)) == ModeNoted()
    with ThreadPoolExecutor(2) as threads:
        saved = threads.submit(session.answer, SaveTrustList(b"content", "", False, False, b""))
        assert ctl_file.begun.wait(PATIENCE)
        closed = threads.submit(session.close)
        with suppress(TimeoutError):
            closed.result(0.2)  # it must not be done before the request is
        ctl_file.may_end.set()
        assert saved.result(PATIENCE) == Saved("CTLFile.tlv")
        closed.result(PATIENCE)
    assert not ctl_file.is_staged
