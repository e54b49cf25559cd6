"""SCN-03 to SCN-06 with the installed command, SoftHSM2 tokens, a node and a software phone."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from harness.cluster import ADMINISTRATOR, TestCluster
from harness.tokens import OFFICER_PASSWORD, PASSWORD, softhsm, softhsm_path
from phone.secured import ctl as ctl_file_of_another_cluster
from ringward.administration.administration import Administration
from ringward.domain.certificate import CertificateKind
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.vocabulary import Protocol
from ringward.files import trust_list
from ringward.files.trust_list import TrustListKind, TrustListRole
from ringward.phone.file_security import FileSecurity
from ringward.phone.identity import identify
from ringward.phone.retrieval import FileServer, ServerSilent, boot
from ringward.phone.security_menu import UNLOCK, SecurityMenu

MISSING = (
    *("alembic", "h11", "jinja2", "lxml", "pylibsrtp", "segno", "sqlalchemy", "starlette", "uvicorn", "uvloop"),
    *(f"ringward.{room}" for room in ("administration", "calls", "cluster", "media", "services", "store", "web")),
)
"""What only a server has: the CTL client runs on a workstation without it."""
COMMAND = [
    sys.executable,
    "-c",
    f"import sys; sys.modules.update(dict.fromkeys({MISSING})); from ringward.cli import main; main()",
]
DEVICE = "SEP001122334455"
PHONE = identify(DEVICE, "7970")
CLEAR, SIGNED = f"{DEVICE}.cnf.xml", f"{DEVICE}.cnf.xml.sgn"
SAST, CCM_TFTP, CAPF = TrustListRole.SAST, TrustListRole.CCM_TFTP, TrustListRole.CAPF


class Desk:
    """The workstation: the command, with all it needs in its environment."""

    def __init__(self, cluster: TestCluster, fingerprint: str, home: Path) -> None:
        self.cluster = cluster
        self._home = home
        self._fingerprint = fingerprint
        node = cluster.nodes[0]
        self.environment = {
            "CTL_SERVER": node.address,
            "CTL_PORT": str(node.port(2444)),
            "CTL_USER": cluster.user,
            "CTL_CLIENT_PASSWORD": cluster.password.reveal(),
            "CTL_TOKEN_PASSWORD": PASSWORD.reveal(),
            "CTL_OFFICER_PASSWORD": OFFICER_PASSWORD.reveal(),
            "CTL_PKCS11_MODULE": str(softhsm_path()),
            "XDG_CONFIG_HOME": str(home),
        }

    def run(self, *words: str, **environment: str) -> tuple[int, str, str]:
        pinned = (
            [] if words[:2] in (("token", "list"), ("token", "show")) else ["--fingerprint", self._fingerprint]
        )
        return self._run(*words, *pinned, stdin=subprocess.DEVNULL, **environment)

    def _run(self, *words: str, stdin: int, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*COMMAND, *words],
            capture_output=True,
            text=True,
            timeout=120,
            stdin=stdin,
            env=os.environ | self.environment | environment,
        )
        return done.returncode, done.stdout, done.stderr

    def types(self, *words: str, answers: Sequence[str]) -> tuple[int, str, str]:
        """A command in a terminal, whose questions are answered one after the other."""
        ours, its = pty.openpty()
        try:
            os.write(ours, "".join(f"{each}\n" for each in answers).encode())
            return self._run(*words, "--fingerprint", self._fingerprint, stdin=its)
        finally:
            os.close(ours)
            os.close(its)

    def ctl(self, *words: str) -> dict[str, Any]:
        """A command of the CTL client that succeeds."""
        code, text, complaint = self.run("ctl", *words, "--json")
        assert code == 0, complaint
        found: dict[str, Any] = json.loads(text)
        return found

    def roles(self) -> list[TrustListRole]:
        content = self.cluster.nodes[0].ctl_file.read_bytes()
        return [record.role for record in trust_list.parse(content).trust.records]

    def boots(self, flash: FileSecurity, file: str) -> bool:
        """Whether a phone, with what its flash holds, takes the present CTL file and reads that configuration.

        Asks until the services have followed the last change.
        """
        for _ in range(300):
            if self.read_by(flash) == file and flash.verdicts[file].startswith(
                "verified" if file == SIGNED else ""
            ):
                held = flash.trust.held(TrustListKind.CTL)
                return held is not None and held.content == self.cluster.nodes[0].ctl_file.read_bytes()
            time.sleep(0.1)
        return False

    def read_by(self, flash: FileSecurity) -> str:
        """The configuration file that a phone takes; empty if none."""
        node = self.cluster.nodes[0]
        servers = (FileServer(node.address, node.port(69)),)
        try:
            return asyncio.run(boot(PHONE, servers, security=flash, attempts=1)).file
        except ServerSilent:
            return ""

    def serves(self, name: str, *, wanted: bool = True) -> bool:
        """Whether the HTTP file server has a file, once the services have followed the last change."""
        for _ in range(600):
            if (self._status_of(name) == 200) is wanted:
                return wanted
            time.sleep(0.1)
        return not wanted

    def _status_of(self, name: str) -> int:
        node = self.cluster.nodes[0]
        try:
            with urlopen(f"http://{node.address}:{node.port(6970)}/{name}", timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    cluster = TestCluster(tmp_path / "cluster")
    (tmp_path / "cluster").mkdir()
    with softhsm(tmp_path / "hsm"):
        try:
            cluster.start()
            fingerprints: list[str] = []

            def prepare(administration: Administration) -> None:
                administration.certificates.activate(ADMINISTRATOR, CertificateKind.CAPF)
                profile = "7970 - Standard SIP Non-Secure Profile"
                phone = Phone(DEVICE, "7970", Protocol.SIP, profile, lines=(PhoneLine(1, "1001"),))
                administration.phones.add(ADMINISTRATOR, phone)
                node = administration.certificates.get(ADMINISTRATOR, CertificateKind.NODE)
                fingerprints.append(node.certificate.fingerprint_sha256)

            cluster.administer(prepare)
            yield Desk(cluster, fingerprints[0], tmp_path / "home")
        finally:
            cluster.stop()


def test_from_nonsecure_to_mixed_through_updates_and_back(desk: Desk) -> None:
    """SCN-03 to SCN-06; TOK-01, TOK-08, CTL-04, CTL-11, CTL-16, CTL-38, CTL-40, CTL-42, CTL-44.

    What the client is told: CTL-30, CTL-34, CTL-35, CTL-36.
    """
    assert desk.ctl("show")["mode"] == 0
    assert not desk.serves(f"CTL{DEVICE}.tlv", wanted=False)
    for label in ("blue", "red", "green"):
        code, text, complaint = desk.run("token", "init", label)
        assert (code, "is ready" in text) == (0, True), complaint
    listed = json.loads(desk.run("token", "list", "--json")[1])
    assert [each["label"] for each in listed] == ["blue", "green", "red"]

    # SCN-03: mixed mode with two tokens; the second is in the reader at the end, so it signs.
    code, _, complaint = desk.run("ctl", "set-mixed-mode", "--add-token", "blue", "--token", "blue")
    assert (code, "2 security tokens at least" in complaint) == (1, True)
    result = desk.ctl("set-mixed-mode", "--add-token", "blue", "--add-token", "red", "--token", "red")
    assert (result["mode"], [each["status"] for each in result["servers"]]) == (1, ["success"])
    assert desk.roles() == [SAST, SAST, CCM_TFTP, CAPF]
    shown = desk.ctl("show")
    assert (shown["mode"], shown["warnings"], shown["signer"]) == (1, [], "CN=SAST red")
    assert shown["entries"][2]["ip_address"] == "127.0.0.1"
    for name in (f"CTL{DEVICE}.tlv", "CTLFile.tlv", SIGNED):
        assert desk.serves(name), name
    flash = FileSecurity()
    assert desk.boots(flash, SIGNED), "a phone believes its first CTL file"

    # SCN-04: a stranger's token is refused, a third one accepted; two must stay.
    code, _, complaint = desk.run("ctl", "update", "--add-token", "green", "--token", "green")
    assert (code, "is not in the present CTL file" in complaint) == (1, True)
    assert desk.ctl("update", "--add-token", "green", "--token", "blue")["mode"] == 1
    assert desk.ctl("update", "--delete-token", "SAST red", "--token", "blue")["succeeded"]
    code, _, complaint = desk.run("ctl", "update", "--delete-token", "SAST green", "--token", "blue")
    assert (code, "2 security tokens at least" in complaint) == (1, True)
    code, _, complaint = desk.run("ctl", "update", "--token", "blue", CTL_TOKEN_PASSWORD="wrong one 77")
    assert (code, "attempts left" in complaint) == (1, True)

    # A phone that holds the first file knows blue: nobody is left behind. Without blue it would be.
    assert desk.ctl("plan", "--token", "blue")["stranded"] == 0
    plan = desk.ctl("plan", "--token", "green")
    assert [each["device"] for each in plan["phones"]] == [DEVICE]
    assert desk.boots(flash, SIGNED), "the present file is signed by a token that it knows"

    # SCN-05: nonsecure and back.
    assert desk.ctl("set-nonsecure-mode", "--token", "blue")["mode"] == 0
    assert desk.roles() == [SAST, SAST, CCM_TFTP, CAPF]
    assert desk.serves(f"CTL{DEVICE}.tlv")
    assert not desk.serves(SIGNED, wanted=False)
    assert desk.boots(flash, CLEAR)
    assert desk.ctl("set-mixed-mode", "--token", "blue")["mode"] == 1
    assert desk.boots(flash, SIGNED)

    # SCN-06: a phone of another cluster takes nothing here before its CTL file is erased.
    moved, foreign = FileSecurity(), ctl_file_of_another_cluster()
    moved.trust.offer(TrustListKind.CTL, foreign)
    assert desk.read_by(moved) == ""
    held = moved.trust.held(TrustListKind.CTL)
    assert held is not None
    assert held.content == foreign
    menu = SecurityMenu(PHONE, moved)
    menu.press(UNLOCK)
    menu.erase_trust_lists()
    assert desk.boots(moved, SIGNED)


def test_what_the_administrator_reads(desk: Desk, tmp_path: Path) -> None:
    """The tables and sentences; passwords never stand in the command line (CTL-40, TOK-09)."""
    for name in ("one", "two"):
        assert desk.run("token", "init", str(tmp_path / f"{name}.token"))[0] == 0
    tokens = [str(tmp_path / f"{name}.token") for name in ("one", "two")]
    code, text, steps = desk.run(
        "ctl", "set-mixed-mode", "--add-token", tokens[0], "--add-token", tokens[1], "--token", tokens[1]
    )
    assert code == 0, steps
    assert "success" in text
    assert "CTLFile.tlv" in text
    assert "Cluster security mode: 1 (mixed)" in text
    assert "Next: " in text
    assert "Signing the CTL file" in steps
    text = desk.run("ctl", "show")[1]
    assert "SAST" in text
    assert "CN=SAST one" in text
    code, _, complaint = desk.run("ctl", "update", "--delete-token", "nobody", "--token", tokens[0])
    assert (code, "its tokens: SAST one, SAST two" in complaint) == (1, True)
    code, _, complaint = desk.run("ctl", "show", "--fingerprint", "00", CTL_CLIENT_PASSWORD="wrong")
    assert (code, "the user ID or the password is wrong" in complaint) == (1, True)
    code, _, complaint = desk.run("ctl", "show", CTL_PORT="9")
    assert (code, "no CTL Provider answers" in complaint) == (1, True)


def test_the_dialogue_of_the_client_in_a_terminal(desk: Desk, tmp_path: Path) -> None:
    """CTL-38, CTL-42, CTL-12: first configuration, then a token added and one deleted; each shown, then signed."""
    tokens = {name: str(tmp_path / f"{name}.token") for name in ("one", "two", "three")}
    for path in tokens.values():
        assert desk.run("token", "init", path)[0] == 0
    add = ["", "n"]  # this one, and no other
    code, text, asked = desk.types(
        "ctl", "set-mixed-mode", answers=[tokens["one"], "", tokens["two"], *add, "yes"]
    )
    assert code == 0, asked
    assert "CN=SAST two" in text and "Cluster security mode: 1 (mixed)" in text
    assert "Sign it with the token two?" in asked, "the last one in the reader signs"

    delete = ["y", "SAST nobody", "y", "SAST two", "n"]
    code, text, asked = desk.types(
        "ctl", "update", answers=[tokens["one"], "y", tokens["three"], *add, *delete, tokens["one"], "n"]
    )
    assert (code, "nothing was changed" in asked) == (1, True)
    code, text, asked = desk.types(
        "ctl", "update", answers=[tokens["one"], "y", tokens["three"], *add, *delete, tokens["one"], "yes"]
    )
    assert code == 0, asked
    questions = (
        "Insert the security token that signs",
        "Add a token?",
        "Insert the security token (",
        "Add this token?",
        "Add another token?",
        "Delete a token from the file?",
        "no token 'SAST nobody' in the CTL file; its tokens: SAST one, SAST two",
        "Delete another token?",
        "Insert the security token that signs",
        "Sign it with the token one?",
    )
    for question in questions:
        assert question in asked
        asked = asked.partition(question)[2]
    entries = [each["subject"] for each in desk.ctl("show")["entries"] if each["function"] == "SAST"]
    assert entries == ["CN=SAST one", "CN=SAST three"]


def test_the_client_runs_without_the_parts_of_a_server() -> None:
    """CTL-23, CTL-44"""
    program = (
        "import sys\n"
        "for name in ('sqlalchemy', 'alembic', 'starlette', 'uvicorn', 'uvloop', 'ringward.services',\n"
        "             'ringward.administration', 'ringward.store'):\n"
        "    sys.modules[name] = None\n"
        "import ringward.ctl_client.client\n"
        "from ringward.cli import main\n"
        "main()\n"
    )
    for words in (["ctl", "show", "--help"], ["token", "list"]):
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
