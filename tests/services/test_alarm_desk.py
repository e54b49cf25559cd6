"""The desk of a node: alarms to the log, into the database, and by syslog to a real receiver."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.domain.alarm import cleared, raised
from ringward.domain.alarm_catalogue import BACKUP_FAILED, FLOOD, SYSLOG_NOT_REACHED
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.errors import Unavailable
from ringward.domain.rights import EVERYTHING
from ringward.services.alarm_desk import AlarmDesk
from ringward.store.alarms import AlarmFilter

ADA = Actor("ada", EVERYTHING, "test")
PATIENCE = 60.0


@pytest.fixture
def administration(tmp_path: Path) -> Iterator[Administration]:
    administration = Administration.open(tmp_path / "data", create=True)
    names = ServerNames("node-1", ("localhost",), ("127.0.0.1",))
    administration.certificates.make_missing((CertificateKind.NODE,), names)
    yield administration
    administration.close()


@pytest.fixture
def desk(administration: Administration) -> Iterator[AlarmDesk]:
    desk = AlarmDesk(administration.alarms, administration.bus, "node-1")
    desk.start()
    yield desk
    desk.stop()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_what_is_reported_is_logged_at_once_and_stored_soon(
    administration: Administration, desk: AlarmDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(3):
        administration.alarms.report(raised(BACKUP_FAILED, "backup", "no space"))
    assert caplog.messages == ["ALARM BackupFailed: backup: no space"]  # repetitions are counted only
    assert desk.counts == {BACKUP_FAILED: 3}
    _until(
        lambda: administration.alarms.find(ADA).total == 1 and administration.alarms.find(ADA).alarms[0].count == 3
    )
    assert administration.alarms.find(ADA).alarms[0].server == "node-1"
    administration.alarms.report(cleared(BACKUP_FAILED, "backup"))
    assert caplog.messages[-1] == "ALARM BackupFailed cleared: backup"
    _until(lambda: not administration.alarms.find(ADA, AlarmFilter(raised=True)).total)


def test_an_alarm_that_was_raised_before_a_restart_is_cleared_after_it(administration: Administration) -> None:
    administration.alarms.report(raised(BACKUP_FAILED, "backup", "no space"))
    desk = AlarmDesk(administration.alarms, administration.bus, "node-1")
    desk.start()
    administration.alarms.report(cleared(BACKUP_FAILED, "backup"))
    desk.stop()
    assert administration.alarms.find(ADA, AlarmFilter(raised=True)).total == 0
    administration.alarms.report(raised(BACKUP_FAILED, "backup", "after the stop it is stored at once"))
    assert administration.alarms.find(ADA, AlarmFilter(raised=True)).total == 1


def test_that_something_is_over_which_was_not_raised_costs_no_transaction(
    administration: Administration, desk: AlarmDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[object] = []
    monkeypatch.setattr(administration.alarms, "store", stored.extend)
    administration.alarms.report(cleared(BACKUP_FAILED, "backup"))
    administration.alarms.report(raised(FLOOD, "192.0.2.9", "too much"))
    _until(lambda: bool(stored))
    assert stored == [raised(FLOOD, "192.0.2.9", "too much")]


def test_a_database_that_is_busy_loses_no_alarm(
    administration: Administration, desk: AlarmDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringward.services.alarm_desk.RETRY_INTERVAL", 0.01)
    store, tries = administration.alarms.store, []

    def busy(events: object) -> None:
        tries.append(events)
        if len(tries) < 3:
            raise Unavailable("busy")
        store(events)  # type: ignore[arg-type]

    monkeypatch.setattr(administration.alarms, "store", busy)
    administration.alarms.report(raised(FLOOD, "192.0.2.9", "too much"))
    _until(lambda: administration.alarms.find(ADA).total == 1)
    assert administration.alarms.find(ADA).alarms[0].count == 1


def test_an_alarm_that_is_set_otherwise_goes_elsewhere(
    administration: Administration, desk: AlarmDesk, caplog: pytest.LogCaptureFixture
) -> None:
    administration.alarms.configure(ADA, FLOOD, to_log=False)
    _until(lambda: not desk._settings[FLOOD].to_log)
    administration.alarms.report(raised(FLOOD, "192.0.2.9", "too much"))
    assert caplog.messages == []
    _until(lambda: administration.alarms.find(ADA).total == 1)


class Receiver:
    """A syslog server on a stream: takes connections one after another and keeps what they bring."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received = b""
        self._context = context
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self._connection = connection
                while data := connection.recv(4096):
                    self.received += data
            except OSError:
                pass
            finally:
                connection.close()

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with contextlib.suppress(OSError):  # otherwise the thread would go on reading
            self.hang_up()
        self._thread.join(PATIENCE)


def _aim(administration: Administration, desk: AlarmDesk, transport: str, port: int) -> None:
    texts = {"syslog_server": "127.0.0.1", "syslog_transport": transport, "syslog_port": str(port)}
    administration.parameters.set_enterprise(ADA, texts)
    _until(lambda: (target := desk._syslog._target) is not None and target.port == port)


def test_syslog_by_udp(administration: Administration, desk: AlarmDesk) -> None:
    """RFC 5424 section 6, RFC 5426: one message in one datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        _aim(administration, desk, "UDP", server.getsockname()[1])
        administration.alarms.report(raised(FLOOD, "192.0.2.9", "too much\nfrom there: schön"))
        message = server.recv(4096)
    head, _, text = message.partition(b" - \xef\xbb\xbf")
    fields = head.decode().split(" ")
    assert fields[0] == f"<{16 * 8 + 3}>1" and fields[2:4] == ["node-1", "ringward"] and fields[5] == FLOOD
    assert text.decode() == "ALARM Flood: 192.0.2.9: too much\\nfrom there: schön"


def test_syslog_by_tcp_goes_on_after_the_server_was_away(administration: Administration, desk: AlarmDesk) -> None:
    """RFC 6587 section 3.4.1: each message with its length before it."""
    server = Receiver()
    try:
        _aim(administration, desk, "TCP", server.port)
        administration.alarms.report(raised(FLOOD, "192.0.2.9", "one"))
        _until(lambda: b"one" in server.received)
        length, _, rest = server.received.partition(b" ")
        assert int(length) == len(rest)
        server.hang_up()
        administration.alarms.report(raised(FLOOD, "192.0.2.10", "two"))
        _until(lambda: b"two" in server.received)
    finally:
        server.close()


def test_syslog_by_tls_believes_only_whom_the_trust_store_vouches_for(
    administration: Administration, desk: AlarmDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5425 section 5.2. That it fails is an alarm, which ends when it works again."""
    monkeypatch.setattr("ringward.services.syslog_sender.RETRY_INTERVAL", 0.05)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = administration.key_store.files(CertificateKind.NODE)
    assert files.passphrase is not None
    context.load_cert_chain(files.certificate, files.key, files.passphrase.reveal)
    server = Receiver(context)
    try:
        _aim(administration, desk, "TLS", server.port)
        administration.alarms.report(raised(FLOOD, "192.0.2.9", "in secret"))
        failed = AlarmFilter(name=SYSLOG_NOT_REACHED, raised=True)
        _until(lambda: administration.alarms.find(ADA, failed).total == 1)
        assert server.received == b""
        administration.trust_stores.add(
            ADA, TrustPurpose.SYSLOG, administration.key_store.certificate(CertificateKind.NODE).der
        )
        _until(lambda: b"in secret" in server.received)
        _until(lambda: administration.alarms.find(ADA, failed).total == 0)
    finally:
        server.close()
