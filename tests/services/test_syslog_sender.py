"""The way to a syslog server, on a node that has many connections open."""

from __future__ import annotations

import fcntl
import resource
import socket
import threading
from collections.abc import Iterator

import pytest

from ringward.domain.alarm import AlarmSeverity
from ringward.domain.vocabulary import SyslogTransport
from ringward.protocols.syslog.message import SyslogMessage, framed
from ringward.services.syslog_sender import SyslogSender, SyslogTarget

PATIENCE = 60.0
HIGH = 1100
"""A descriptor that select(2) does not take: it knows the first 1,024 alone."""
TARGET = SyslogTarget("192.0.2.1", 601, SyslogTransport.TCP)


@pytest.fixture
def room_for_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], HIGH + 100), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("room_for_descriptors")
def test_one_connection_serves_for_many_messages_whatever_its_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.settimeout(PATIENCE)
        ways = [socket.socket(fileno=fcntl.fcntl(near.fileno(), fcntl.F_DUPFD, HIGH))]
        monkeypatch.setattr("ringward.services.syslog_sender._connect", lambda target: ways.pop())
        troubles: list[str] = []
        sent = threading.Semaphore(0)
        sender = SyslogSender(lambda target, why: troubles.append(why), lambda target: sent.release())
        sender.aim(TARGET)
        sender.start()
        try:
            for number in range(3):
                message = SyslogMessage(AlarmSeverity.ERROR, 0.0, "node-1", "ringward", 1, "Flood", str(number))
                sender.put(message)
                expected = framed(message.encode())
                assert far.recv(len(expected), socket.MSG_WAITALL) == expected
                assert sent.acquire(timeout=PATIENCE)
        finally:
            sender.stop()
    assert troubles == []
