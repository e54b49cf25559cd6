"""The pages in a process of their own, with a real node: seen to, renewed, asked, and gone with it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.certificate import CertificateKind
from ringward.domain.rights import EVERYTHING
from ringward.services.administration_web.child import NICENESS
from ringward.services.administration_web.order import MODULE
from strangers.node import HTTP, HTTPS, Node, eventually

ADMINISTRATOR, PASSWORD = "administrator", "a long password of the test"
TOMCAT = "Cisco Tomcat"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path)
    node.start()
    try:
        yield node
    finally:
        if node.process is not None and node.process.poll() is None:
            node.stop()
    assert not node.tracebacks(), node.log.read_text()


def children(node: Node) -> list[int]:
    """The processes that serve this node's pages, whoever their parent is by now."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it has ended meanwhile
                continue
            if MODULE.encode() in words and any(f'"{node.data}"'.encode() in word for word in words):
                found.append(int(each.name))
    return found


def status(node: Node) -> dict[str, str]:
    (view,) = [each for each in node.ask("service", "list") if each["service"] == TOMCAT]
    return dict(view)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def ask(node: Node, method: str, path: str, cookie: str = "", **form: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer; 0 if nobody listens."""
    connection = http.client.HTTPSConnection("127.0.0.1", HTTPS + node.offset, timeout=60, context=_context())
    headers = {"Cookie": cookie, "Accept": "text/html", "Origin": f"https://127.0.0.1:{HTTPS + node.offset}"}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, urlencode(form) if form else None, headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status, {name.lower(): value for name, value in reversed(answer.getheaders())}
    except OSError:
        return 0, {}
    finally:
        connection.close()


def sign_in(node: Node, password: str) -> tuple[int, str]:
    """The status of the answer, and the cookie."""
    code, headers = ask(node, "POST", "/sign-in", user=ADMINISTRATOR, password=password, next="", **{"as": ""})
    return code, headers.get("set-cookie", "").partition(";")[0]


def metric(node: Node, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", node.administer("metrics"), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_the_control_center_stops_starts_and_restarts_the_pages(node: Node) -> None:
    """SVC-02: at once, and what it shows is so."""
    (first,) = children(node)
    assert os.getpriority(os.PRIO_PROCESS, first) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    assert ask(node, "GET", "/sign-in")[0] == 200
    assert f"{TOMCAT} on" in node.administer("service", "restart", "tomcat")
    (second,) = children(node)
    assert second != first
    assert ask(node, "GET", "/sign-in")[0] == 200

    assert "is stopped" in node.administer("service", "stop", "tomcat")
    assert children(node) == []
    assert ask(node, "GET", "/sign-in")[0] == 0
    assert status(node)["status"] == "Stopped"
    assert "does not run" in failing(node, "sign-in", "list")
    node.administer("service", "start", "tomcat")
    assert ask(node, "GET", "/sign-in")[0] == 200
    node.stop()
    assert children(node) == []


def failing(node: Node, *words: str) -> str:
    with pytest.raises(AssertionError) as failed:
        node.administer(*words)
    return " ".join(str(failed.value).split())


def test_a_process_that_dies_is_seen_and_replaced(node: Node) -> None:
    (first,) = children(node)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: "has failed: its process was ended by SIGKILL" in node.log.read_text())
    assert eventually(lambda: status(node)["status"] == "Started")
    (second,) = children(node)
    assert second != first
    assert ask(node, "GET", "/sign-in")[0] == 200
    alarms = node.ask("alarm", "list", "--all")
    (failure,) = [each for each in alarms if each["name"] == "ServiceFailed"]
    assert failure["subject"] == TOMCAT
    assert eventually(lambda: "ServiceFailed" not in [each["name"] for each in node.ask("alarm", "list")])


def test_a_process_that_cannot_come_back_has_failed_until_it_can(node: Node) -> None:
    """The reason is told, and it is tried again by itself."""
    certificate = node.data / "certificates" / "web.key"
    kept = certificate.read_bytes()
    certificate.unlink()
    (first,) = children(node)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: status(node)["problem"] == "there is no certificate 'web'")
    assert status(node)["status"] == "Failed"
    certificate.touch(0o600)
    certificate.write_bytes(kept)
    assert eventually(lambda: status(node)["status"] == "Started", 180)
    assert ask(node, "GET", "/sign-in")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_to_all_processes_leave_the_end_to_the_node(node: Node, number: signal.Signals) -> None:
    """As a terminal sends them, or a supervisor that ends a group of processes."""
    (child,) = children(node)
    os.kill(child, number)
    assert ask(node, "GET", "/sign-in")[0] == 200
    assert children(node) == [child]
    assert node.stop() == 0
    assert children(node) == []
    assert not [line for line in node.warnings() if TOMCAT in line]


def test_a_node_that_is_killed_leaves_no_process(node: Node) -> None:
    assert len(children(node)) == 1
    node.stop(signal.SIGKILL)
    assert eventually(lambda: not children(node))
    assert children(node) == []
    node.start()
    assert ask(node, "GET", "/sign-in")[0] == 200


def test_a_renewed_certificate_is_shown_from_the_next_connection_on(node: Node) -> None:
    """HTTPS-05: the change feed tells the node, and the node its process."""

    def connect() -> ssl.SSLSocket:
        place = ("127.0.0.1", HTTPS + node.offset)
        return _context().wrap_socket(socket.create_connection(place, timeout=60))

    with connect() as before:
        administration = Administration.open(node.data)
        actor = Actor("ada", EVERYTHING, "test")
        renewed = administration.certificates.regenerate(actor, CertificateKind.WEB).certificate
        administration.close()

        def shown() -> bytes | None:
            with connect() as after:
                certificate: bytes | None = after.getpeercert(binary_form=True)
                return certificate

        assert eventually(lambda: shown() == renewed.der)
        assert before.getpeercert(binary_form=True) != renewed.der
        before.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert before.recv(12) == b"HTTP/1.1 200"


def test_sessions_are_listed_and_ended_from_the_command_line(node: Node) -> None:
    node.administer("application-user", "update", ADMINISTRATOR, "--password", "-", typed=PASSWORD + "\n")
    code, cookie = sign_in(node, PASSWORD)
    assert code == 303
    assert ask(node, "GET", "/CMAdmin/", cookie)[0] == 200
    (session,) = node.ask("sign-in", "list")
    assert (session["name"], session["address"]) == (ADMINISTRATOR, "127.0.0.1")
    assert "signed out of 1 browser." in node.administer("sign-in", "end", ADMINISTRATOR)
    assert ask(node, "GET", "/CMAdmin/", cookie)[0] == 303
    assert node.ask("sign-in", "list") == []


def test_alarms_of_the_pages_are_the_nodes(node: Node) -> None:
    """They are counted and told by the node, wherever they were noticed."""
    name = 'ringward_alarms_total{alarm="AccountLockedOut"}'
    assert metric(node, name) == 0
    assert eventually(lambda: sign_in(node, "wrong")[0] != 303 and metric(node, name) >= 1)
    assert "ALARM AccountLockedOut" in node.log.read_text()


def test_a_change_made_through_the_pages_process_reaches_the_services(node: Node) -> None:
    token = node.ask("access-token", "add", "robot", "--user", ADMINISTRATOR)["token"]
    connection = http.client.HTTPSConnection("127.0.0.1", HTTPS + node.offset, timeout=60, context=_context())
    line = {"button": 1, "directory_number": "1001"}
    phone = {"device_name": "SEP001122334455", "model": "7960", "protocol": "SIP", "lines": [line]}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/phone", json.dumps(phone), headers)
        with connection.getresponse() as answer:
            assert answer.status == 201, answer.read()

    def file() -> bytes:
        address = f"http://127.0.0.1:{HTTP + node.offset}/SIP001122334455.cnf"
        try:
            with urlopen(address, timeout=60) as answer:
                return bytes(answer.read())
        except HTTPError:
            return b""

    assert eventually(lambda: b'line1_name : "1001"' in file())
