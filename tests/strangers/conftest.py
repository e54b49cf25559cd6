"""A node and phones of others for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strangers.baresip import Account, Baresip
from strangers.browser import DESK, Browser
from strangers.node import Node, eventually
from strangers.pages import signed_in
from strangers.sipp import SippPhone

DIGEST_USERS = {"alice": "alices1secret", "bob": "bobs2secret", "carol": "carols3secret"}

PLAIN = ("Third-party SIP", "Third-party SIP - Standard SIP Non-Secure Profile")
DIGEST = ("Third-party SIP", "Third-party SIP with digest")

# The office: who has which number, behind which model and profile, as whom.
PHONES = [
    *((str(number), PLAIN, "") for number in range(1000, 1070)),
    *(
        (f"{first}{last}", DIGEST, user)
        for first in (20, 21, 22, 23)
        for last, user in (("01", "alice"), ("02", "bob"), ("03", "carol"))
    ),
]
SHARED = [("2401", "2400", "alice"), ("2402", "2400", "bob")]
"""Two phones with one directory number: the end of the device's name, the number, whose phone."""


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node with the office's phones; all tests of this worker share it, each with numbers of its own."""
    node = Node(tmp_path_factory.mktemp("node"))
    node.start()
    try:
        for user, password in DIGEST_USERS.items():
            words = ("end-user", "add", user, "--last-name", user.capitalize(), "--digest-credentials", "-")
            node.administer(*words, typed=password + "\n")
        model, profile = DIGEST
        words = ("phone-security-profile", "add", profile, "--model", model, "--protocol", "SIP")
        node.administer(*words, "--digest-authentication", "true")
        node.add_phones(
            [
                {
                    "device_name": f"SEP00000000{name}",
                    "model": model,
                    "protocol": "SIP",
                    "security_profile": profile,
                    "digest_user": user,
                    "line_1_directory_number": number,
                    "line_1_max_calls": "50",
                    "line_1_busy_trigger": "50",
                }
                for name, number, (model, profile), user in (
                    *((number, number, kind, user) for number, kind, user in PHONES),
                    *((name, number, DIGEST, user) for name, number, user in SHARED),
                )
            ]
        )
        yield node
    finally:
        status = node.stop()
    assert status == 0
    assert not node.tracebacks(), node.log.read_text()


@pytest.fixture
def sipp_phone(node: Node, tmp_path: Path) -> Iterator[Callable[..., SippPhone]]:
    """Makes phones that SIPp speaks for."""
    phones = []

    def make(number: str, transport: str = "u1") -> SippPhone:
        phones.append(SippPhone(node, tmp_path, number, transport))
        return phones[-1]

    yield make
    for phone in phones:
        phone.put_away()


@pytest.fixture
def desk_phone(node: Node, tmp_path: Path) -> Iterator[Callable[..., Baresip]]:
    """Makes registered phones that baresip is."""
    phones: list[Baresip] = []

    def make(
        number: str,
        transport: str,
        *,
        tone: int,
        answers: bool = False,
        password: str = "",
        registers: bool = True,
        watches_messages: bool = False,
        user: str = "",
    ) -> Baresip:
        user = user or next(user for phone, _, user in PHONES if phone == number)
        server = node.sips_port if transport == "tls" else node.sip_port
        account = Account(number, user, password or DIGEST_USERS[user], server, transport)
        phones.append(
            Baresip(
                tmp_path,
                account,
                tone,
                node.certificate,
                answers=answers,
                watches_messages=watches_messages,
            )
        )
        if registers:
            assert eventually(lambda: number in node.registered()), phones[-1].log.read_text()
        return phones[-1]

    yield make
    for phone in phones:
        phone.put_away()


@pytest.fixture(scope="module")
def browser(node: Node) -> Iterator[Browser]:
    """A window on the module's node (see `pages.node_with_pages`), in which the administrator is signed in."""
    with signed_in(node) as browser:
        yield browser


@pytest.fixture
def calm(browser: Browser) -> Iterator[None]:
    """A test begins at a desk, by daylight, and ends without a complaint of Chromium."""
    browser.become(DESK)
    browser.complaints()
    yield
    assert not browser.complaints()
