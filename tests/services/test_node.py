"""A node as a real process: first start, second start, kill, two nodes, orders, and changes made from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from harness.ports import OTHER_PORT, free_offset
from ringward.domain.errors import Refused
from ringward.services.control.client import ControlClient
from ringward.services.listener import Listener, explain

COMMAND = [
    sys.executable,
    "-c",
    # Tests in the background are started with Ctrl-C or the end of the terminal ignored; that is inherited.
    "from signal import *; signal(SIGINT, SIG_DFL); signal(SIGHUP, SIG_DFL); "
    "from ringward.cli import main; main()",
]


PATIENCE = 60.0  # seconds; the machine may be busy with other tests


class Office:
    """Nodes on one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.offset = free_offset()
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        where = ("--bind", "127.0.0.1", "--port-offset", str(self.offset))
        return self.begin("run", *where, *options, **environment)

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command that goes on."""
        process = subprocess.Popen(
            [*COMMAND, *words, "--data", str(self.directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self.processes.append(process)
        return process

    def run(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*COMMAND, *words, "--data", str(self.directory)], capture_output=True, text=True, timeout=PATIENCE
        )
        return done.returncode, done.stdout, done.stderr

    def ask(self, command: str, **arguments: Any) -> Any:
        with ControlClient(self.directory) as client:
            return client.ask(command, **arguments)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "data")
    yield office
    for process in office.processes:
        process.kill()
        process.communicate()


def until_ready(process: subprocess.Popen[str]) -> str:
    """What the node writes up to the sentence that it is ready."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if "is ready; phones find it at 127.0.0.1" in line:
            return text
    raise AssertionError(text + (process.stderr.read() if process.stderr else ""))


def finish(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[str, str]:
    process.send_signal(number)
    return process.communicate(timeout=PATIENCE)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_first_start_shows_a_password_once_and_the_second_finds_everything(office: Office) -> None:
    first = office.start()
    text = until_ready(first)
    password = re.search(r"Password +(\S{20})\n", text)
    assert password is not None
    certificate = (office.directory / "certificates" / "node.pem").read_bytes()
    _, log = finish(first)
    assert first.returncode == 0
    assert password[1] not in log
    for path in office.directory.rglob("*"):
        assert path.is_dir() or password[1].encode() not in path.read_bytes()
        assert path.name == "tftp" or path.suffix == ".pem" or path.stat().st_mode & 0o077 == 0, path

    second = office.start()
    text = until_ready(second)
    assert "Password" not in text
    assert (office.directory / "certificates" / "node.pem").read_bytes() == certificate
    finish(second)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(office: Office, number: int) -> None:
    process = office.start()
    until_ready(process)
    _, log = finish(process, number)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert not (office.directory / "control.sock").exists()


def test_a_killed_node_starts_again(office: Office) -> None:
    process = office.start()
    until_ready(process)
    assert office.run("phone", "add", "001122334455", "--line", "1001")[0] == 0
    finish(process, signal.SIGKILL)
    assert (office.directory / "control.sock").exists()
    left = office.directory / ".backup-left"  # as of a crash while a backup was made
    left.mkdir()
    again = office.start()
    until_ready(again)
    assert office.ask("ping") == "pong"
    code, text, _ = office.run("phone", "list", "--json")
    assert code == 0
    assert [each["device_name"] for each in json.loads(text)] == ["SEP001122334455"]
    assert not left.exists()
    finish(again)


def test_two_nodes_on_one_directory_are_refused(office: Office) -> None:
    first = office.start()
    until_ready(first)
    second = office.start()
    _, complaint = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert f"a node already runs on {office.directory} (process {first.pid})" in complaint
    assert office.ask("ping") == "pong"
    finish(first)


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        ([], {"RINGWARD_PORT_OFSET": "1"}, "did you mean RINGWARD_PORT_OFFSET?"),
        (["--port-offset", "70000"], {}, "--port-offset: 70000 is not valid"),
        (["--bind", "nowhere"], {}, "--bind-address: 'nowhere' is not valid"),
        (["--bind", "192.0.2.1"], {}, "UDP port"),
        ([], {"RINGWARD_TFTP_PORT": "65000"}, "ports end at 65535"),
    ],
)
def test_a_start_that_fails_says_why(
    office: Office, options: list[str], environment: dict[str, str], words: str
) -> None:
    process = office.start(*options, **environment)
    _, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert words in complaint
    assert "Traceback" not in complaint


def test_a_port_that_is_taken_is_named(office: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that ended do not count
        other.bind(("127.0.0.1", 5060 + office.offset))
        other.listen()
        process = office.start()
        text, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"TCP port {5060 + office.offset} (SIP) on 127.0.0.1 cannot be had: Address already in use" in complaint
    assert "Password" not in text, "what nobody may notice in a start that failed"
    again = office.start()
    assert "Password" in until_ready(again)
    finish(again)


def test_status_and_stop(office: Office) -> None:
    process = office.start(RINGWARD_NODE_NAME="lab")
    until_ready(process)
    code, text, _ = office.run("status", "--json")
    assert code == 0
    status = json.loads(text)
    assert (status["node_name"], status["process"], status["registered_phones"]) == ("lab", process.pid, 0)
    ports = [each["port"] - office.offset for each in status["listeners"]]
    assert ports == [69, 6970, 5060, 5060, 5061, 8443, 8080]
    assert "lab (Ringward" in office.run("status")[1]
    for words in ("phones", "calls --live"):
        assert office.run(*words.split())[0] == 0
        json.loads(office.run(*words.split(), "--json")[1])
    assert office.run("phone", "reset", "SEP001122334455")[0] == 1
    assert office.run("stop") == (0, f"The node on {office.directory} has stopped.\n", "")
    assert process.wait(PATIENCE) == 0


def test_a_node_keeps_its_name(office: Office) -> None:
    first = office.start(RINGWARD_NODE_NAME="lab")
    until_ready(first)
    finish(first)
    second = office.start(RINGWARD_NODE_NAME="other")
    _, complaint = second.communicate(timeout=PATIENCE)
    assert "belongs to the node 'lab'" in complaint
    third = office.start()
    assert "The node lab is ready" in until_ready(third)
    finish(third)


def test_changes_of_the_command_line_reach_the_services(office: Office) -> None:
    process = office.start()
    until_ready(process)
    address = f"http://127.0.0.1:{6970 + office.offset}/SIP001122334455.cnf"

    def file() -> str:
        try:
            with urlopen(address, timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except HTTPError:
            return ""

    assert file() == ""
    office.run("phone", "add", "001122334455", "--model", "7960", "--line", "1001")
    assert 'line1_name : "1001"' in file()
    assert f'proxy1_port : "{5060 + office.offset}"' in file()
    office.run("phone", "line", "update", "SEP001122334455", "1", "--label", "Reception")
    assert "Reception" in file()
    office.run("phone", "remove", "SEP001122334455", "--yes")
    assert file() == ""
    finish(process)


def test_a_json_log_is_one_object_per_line(office: Office) -> None:
    process = office.start(RINGWARD_LOG_FORMAT="json")
    until_ready(process)
    _, log = finish(process)
    messages = [json.loads(line)["message"] for line in log.splitlines()]
    assert any("is ready at 127.0.0.1" in message for message in messages)


def test_the_tls_port_shows_the_nodes_certificate(office: Office) -> None:
    process = office.start(RINGWARD_NODE_NAME="lab")
    until_ready(process)
    certificate = office.directory / "certificates" / "node.pem"
    command = (
        f"openssl s_client -connect 127.0.0.1:{5061 + office.offset} -CAfile {certificate} -verify_return_error"
    )
    done = subprocess.run(
        [*command.split(), "-verify_hostname", "lab", "-brief"],
        input="",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "Verification: OK" in done.stderr, done.stderr
    finish(process)


def phone_sim(office: Office, *words: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*COMMAND, "phone-sim", *words, "--data", str(office.directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    office.processes.append(process)
    return process


def until_said(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return
    raise AssertionError(text)


def test_phones_boot_register_and_call_and_no_record_is_lost_at_the_end(office: Office) -> None:
    node = office.start()
    until_ready(node)
    office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001", "--description", "Anna")
    office.run("phone", "add", "001122334402", "--model", "7960", "--line", "1002")
    called = phone_sim(office, "001122334402", "--model", "7960", "--auto-answer")
    until_said(called, "1002 is registered")
    calling = phone_sim(office, "001122334401", "--call", "1002")
    until_said(calling, "talking with 1002")

    registered = json.loads(office.run("phones", "--json")[1])["registered"]
    assert [(each["device"], each["number"], each["description"]) for each in registered] == [
        ("SEP001122334401", "1001", "Anna"),
        ("SEP001122334402", "1002", ""),
    ]
    assert "SEP001122334402" in office.run("phones")[1]
    some = office.ask("phones", devices=["SEP001122334402", "SEP000000000000"])
    assert ([each["number"] for each in some["registered"]], some["refused"]) == (["1002"], [])
    (latest,) = office.ask("phones", most=1)["registered"]
    assert latest["number"] == "1001", "the last one that registered"
    assert office.ask("registered") == {"devices": ["SEP001122334402", "SEP001122334401"], "less_secure": {}}
    assert office.ask("refusals", most=5) == {"total": 0, "latest": []}
    eventually(lambda: office.ask("tallies")["phones"]["nonsecure"] == 2)
    eventually(lambda: office.ask("tallies")["calls"]["nonsecure"] == 1)
    assert office.ask("history", after=0)
    for command, wrong in (
        ("phones", {"devices": "x"}),
        ("phones", {"most": -1}),
        ("refusals", {"most": "x"}),
        ("calls", {"most": "x"}),
        ("files-read", {"since": "x"}),
        ("history", {"after": "x"}),
        ("alarm", {}),
    ):
        with pytest.raises(Refused):
            office.ask(command, **wrong)
    (call,) = json.loads(office.run("calls", "--live", "--json")[1])
    assert (call["calling"], call["called"], call["state"]) == ("1001", "1002", "connected")
    assert "1002" in office.run("calls", "--live")[1]
    assert office.ask("calls", most=0) == [] and len(office.ask("calls", most=5)) == 1
    assert office.run("phone", "reset", "00:11:22:33:44:02") == (0, "Phone SEP001122334402 is being reset.\n", "")

    _, log = finish(node)
    assert node.returncode == 0
    assert "Traceback" not in log
    (record,) = json.loads(office.run("calls", "--json")[1])
    assert (record["calling_number"], record["final_called_number"]) == ("1001", "1002")
    assert record["answer_time"] is not None
    assert record["duration"] > 0
    assert "1002" in office.run("calls")[1]
    assert json.loads(office.run("calls", "--number", "1999", "--json")[1]) == []


def test_what_changes_wait_for_is_shown_and_done(office: Office) -> None:
    """RST-08, RST-16: the service first, then the phones; who is not there is said to read its files later."""
    node = office.start()
    until_ready(node)
    office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001")
    office.run("phone", "add", "001122334402", "--model", "7961", "--line", "1002")
    until_said(phone_sim(office, "001122334401", "--auto-answer"), "1001 is registered")
    assert "all changes are in force" in office.run("todo")[1]

    office.run("phone", "update", "SEP001122334401", "--description", "Anna")
    office.run("phone", "update", "SEP001122334402", "--description", "Bert")
    todo = json.loads(office.run("todo", "--json")[1])
    assert [(each["do"], each["what"], each["registered"]) for each in todo] == [
        ("restart", "SEP001122334401", True),
        ("restart", "SEP001122334402", False),
    ]
    assert "ringward todo do" in office.run("todo")[1]
    code, text, complaint = office.run("todo", "do", "--yes")
    assert code == 0, complaint
    assert "SEP001122334402 is not registered: it reads its files when it comes." in text
    assert "Phone 1 of 1: SEP001122334401 is told to restart." in text
    assert [each["what"] for each in json.loads(office.run("todo", "--json")[1])] == ["SEP001122334402"]

    office.run("parameter", "set", "Maximum Serving Count", "7")
    code, text, complaint = office.run("todo", "do", "--yes")
    _, log = finish(node)
    assert "Traceback" not in log
    assert "Service 1 of 1: Cisco TFTP is restarted." in text, complaint


def test_a_call_that_cannot_be_made_fails(office: Office) -> None:
    node = office.start()
    until_ready(node)
    office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001")
    calling = phone_sim(office, "001122334401", "--call", "1999")
    text, _ = calling.communicate(timeout=PATIENCE)
    assert calling.returncode == 1
    assert "1999 was not reached: 404" in text
    finish(node)


def test_a_fleet_registers_and_signs_off(office: Office) -> None:
    node = office.start()
    until_ready(node)
    for number in (1, 2):
        office.run("phone", "add", f"00112233440{number}", "--model", "7961", "--line", f"100{number}")
    fleet = phone_sim(office, "001122334401", "--count", "3")
    eventually(lambda: len(office.ask("phones")["registered"]) == 2)
    fleet.send_signal(signal.SIGTERM)
    text, _ = fleet.communicate(timeout=PATIENCE)
    assert "Traceback" not in text
    eventually(lambda: office.ask("phones")["registered"] == [])
    finish(node)


def test_following_shows_a_change(office: Office) -> None:
    node = office.start()
    until_ready(node)
    with ControlClient(office.directory) as client:
        pictures = client.follow("phones")
        assert next(pictures)["registered"] == []
        office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001")
        phone_sim(office, "001122334401", "--auto-answer")
        assert [each["number"] for each in next(pictures)["registered"]] == ["1001"]
    finish(node)


def test_services_are_stopped_restarted_and_deactivated_while_the_node_runs(office: Office) -> None:
    """SVC-01, SVC-02, SVC-07; RST-08 by its check: a port changes only once the service is restarted."""
    node = office.start()
    until_ready(node)

    def statuses() -> list[str]:
        return [each["status"] for each in office.ask("services")][:2]

    def ports() -> set[int]:
        return {each["port"] - office.offset for each in office.ask("status")["listeners"]}

    assert statuses() == ["Started", "Started"]
    assert office.run("service", "stop", "tftp")[0] == 0
    assert statuses() == ["Stopped", "Started"]
    assert not {69, 6970} & ports()
    _, text, _ = office.run(
        "server", "update", office.ask("status")["node_name"], "--sip-phone-secure-port", str(OTHER_PORT)
    )
    assert "Restart the service Cisco CallManager" in text
    assert 5061 in ports()
    assert "Cisco CallManager must be restarted for: Cisco Unified CallManager" in office.run("service", "list")[1]
    assert office.run("service", "restart", "callmanager")[0] == 0
    assert "must be restarted" not in office.run("service", "list")[1]
    assert OTHER_PORT in ports()
    assert 5061 not in ports()
    assert office.run("service", "deactivate", "callmanager")[0] == 0
    assert statuses() == ["Stopped", "Not activated"]
    assert "the service Cisco CallManager does not run" in office.run("phones")[2]
    assert "the service Cisco CallManager does not run" in office.run("phones", "--watch")[2]
    assert office.ask("status")["registered_phones"] == 0
    finish(node)

    again = office.start()
    until_ready(again)
    assert statuses() == ["Stopped", "Not activated"]
    assert office.run("service", "activate", "callmanager")[0] == 0
    assert office.run("service", "start", "tftp")[0] == 0
    assert {69, 6970, 5060, OTHER_PORT} <= ports()
    _, log = finish(again)
    assert "Traceback" not in log


def test_a_service_whose_port_is_taken_says_so_and_the_node_goes_on(office: Office) -> None:
    node = office.start()
    until_ready(node)
    assert office.run("service", "stop", "tftp")[0] == 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 69 + office.offset))
        code, _, complaint = office.run("service", "start", "tftp")
        assert code == 1
        assert f"UDP port {69 + office.offset} (files by TFTP) on 127.0.0.1 cannot be had" in complaint
        assert [each["status"] for each in office.ask("services")][:2] == ["Failed", "Started"]
    assert office.run("service", "start", "tftp")[0] == 0
    finish(node)


def test_a_data_directory_that_cannot_be_made_is_a_sentence(office: Office) -> None:
    office.directory.write_text("a file is in the way")
    process = office.start()
    _, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "ringward.toml cannot be read: Not a directory" in complaint


def test_a_port_without_the_right_to_it_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Probe(socket.socket):
        def bind(self, address: Any) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "socket", Probe)
    sentence = explain(PermissionError(), (Listener("files by TFTP", "UDP", "127.0.0.1", 69),))
    assert sentence.startswith("UDP port 69 (files by TFTP) needs the rights of root")
    assert sentence.endswith("--port-offset 10000")


def test_a_damaged_key_file_is_told(office: Office) -> None:
    (office.directory / "certificates").mkdir(parents=True, mode=0o700)
    (office.directory / "certificates" / "node.key").touch(0o600)
    (office.directory / "certificates" / "node.key").write_text("half a key")
    process = office.start()
    out, log = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in out + log
    assert "not a readable PEM certificate" in out + log


def test_a_node_drains_and_tells_its_metrics(office: Office) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    node = office.start(RINGWARD_METRICS_PORT=str(port))
    until_ready(node)
    text = office.run("metrics")[1]
    assert 'ringward_service_started{service="Cisco TFTP"} 1.0' in text
    assert "ringward_calls 0" in text
    assert 'ringward_call_set_up_seconds_bucket{le="+Inf"} 0' in text
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        assert b"ringward_memory_bytes" in answer.read()
    assert office.run("drain", "--for", "5")[1] == "There is no call. The node stops.\n"
    _, log = node.communicate(timeout=PATIENCE)
    assert node.returncode == 0
    assert "Traceback" not in log


def test_a_phone_is_traced_while_the_node_runs(office: Office) -> None:
    node = office.start()
    until_ready(node)
    assert "there is no phone" in office.run("trace", "begin", "001122334401")[2]
    office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001")
    eventually(lambda: office.run("trace", "begin", "001122334401", "--for", "5")[0] == 0)
    assert "there is no level 'all'" in office.run("trace", "begin", "001122334401", "--level", "all")[2]
    assert "SEP001122334401  summary" in office.run("trace", "list")[1]
    phone_sim(office, "001122334401", "--auto-answer")
    file = office.directory / "trace.log"
    eventually(lambda: file.exists() and "SEP001122334401 from UDP 127.0.0.1" in file.read_text())
    assert "REGISTER sip:" in office.run("trace", "show", "001122334401")[1]
    assert "Nothing of SEP001122334402 is in the files" in " ".join(
        office.run("trace", "show", "001122334402")[1].split()
    )
    assert office.run("trace", "end", "001122334401")[1] == "SEP001122334401 is traced no more.\n"
    assert "Nobody is traced." in office.run("trace", "list")[1]
    finish(node)


def test_a_number_is_followed_to_the_phone_that_would_ring(office: Office) -> None:
    node = office.start()
    until_ready(node)
    for device, number in (("001122334401", "1001"), ("001122334402", "1002")):
        office.run("phone", "add", device, "--model", "7961", "--line", number)
    office.run("directory-number", "update", "1002", "--forward-all", "1001")
    eventually(lambda: "1002 forwards all its calls here." in office.run("analyze", "1001", "1002")[1])
    told = office.run("analyze", "001122334401", "1002")[1]
    assert "Rings SEP001122334401 (not registered now)" in told
    assert json.loads(office.run("analyze", "-", "1002", "--json")[1])["lines"] == ["SEP001122334401"]
    assert "Nobody has this number" in office.run("analyze", "-", "4711")[1]
    code, _, complaint = office.run("analyze", "4711", "1002")
    assert (code, "there is no phone or number '4711'" in complaint) == (1, True)
    finish(node)


def test_why_tells_what_a_phone_did_and_what_to_do_next(office: Office) -> None:
    node = office.start()
    until_ready(node)
    office.run("phone", "add", "001122334401", "--model", "7961", "--line", "1001")
    silent = office.run("why", "001122334401")[1]
    assert "has asked for no file since the node started" in " ".join(silent.split())
    watching = office.begin("why", "001122334401", "--follow", "--json")
    until_said(watching, '"is_well": false')
    phone = phone_sim(office, "001122334401")
    until_said(watching, '"is_well": true')
    watching.send_signal(signal.SIGINT)
    assert "Traceback" not in "".join(watching.communicate(timeout=PATIENCE))
    eventually(lambda: office.ask("phones")["registered"] != [])
    told = json.loads(office.run("why", "SEP001122334401", "--json")[1])
    assert told["verdict"]["is_well"] is True
    assert "is registered, and nonsecure" in told["verdict"]["state"]
    subjects = [entry["subject"] for entry in told["timeline"]]
    assert {"file", "registration", "administration"} == set(subjects)
    assert any("SEP001122334401.cnf.xml" in entry["text"] and entry["good"] for entry in told["timeline"])
    with socket.create_connection(("127.0.0.1", 5061 + office.offset), timeout=PATIENCE) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        stranger.recv(100)
    eventually(lambda: "what it sent is no TLS" in office.run("why", "SEP001122334401", "--json")[1])
    code, _, complaint = office.run("why", "SEP00112233FFFF")
    assert (code, "Traceback" in complaint) == (1, False)
    phone.send_signal(signal.SIGTERM)
    phone.communicate(timeout=PATIENCE)
    finish(node)
