"""The web application on an installed cluster, asked in memory as a browser would ask it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from argon2 import PasswordHasher
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import LocalBus
from ringward.domain.application_user import ApplicationUser
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.standard_groups import READ_ONLY, SUPER_USERS
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import PasswordHashing, SecretBox
from ringward.store.database import Database
from ringward.web.application import web_application
from ringward.web.entrance import COOKIE
from ringward.web.live import Question

PASSWORD = "correct horse"
HOST = "node1:8443"


class Time:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Node:
    """A node whose present moment the test makes up: here is tested what pages show of it."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "phones": {"registered": [], "refused": []},
            "registered": {"devices": [], "less_secure": {}},
            "tallies": {
                each: {"encrypted": 0, "authenticated": 0, "nonsecure": 0} for each in ("phones", "calls")
            },
            "refusals": {"total": 0, "latest": []},
            "calls": [],
            "status": {"node_name": "node1", "uptime": 61.0, "port_offset": 10000},
            "reset": 1,
            "catch-up": True,
            "files-read": {},
            "services": [],
            "settle": [],
            "capf-calls": [],
            "timeline": [],
            "ladder": [],
            "traces": {"file": "/data/trace.log", "traces": []},
            "trace": {"until": 2_000_000.0},
            "trace-text": "",
            "history": [],
            "sessions": [],
            "end-sessions": 0,
        }
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.exchanges = 0
        """How often the node was disturbed, by one question or by several."""

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        (answer,) = self.ask_together([(command, arguments or {})])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_together(self, questions: Sequence[Question]) -> Sequence[Any]:
        self.exchanges += 1
        self.asked += questions
        return [self.answers[command] for command, _ in questions]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """The page without its marks, as it is read."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def value_of(self, name: str) -> str:
        """The value of an input field of the page."""
        found = re.search(rf'name="{re.escape(name)}"[^>]*?value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return unescape(found.group(1))


@dataclass
class Browser:
    """Keeps cookies, and sends what a browser sends along."""

    application: ASGIApp
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "192.0.2.9"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", headers)

    def watch(self, path: str) -> None:
        """Open the live part of a page, and hang up when its first news has come."""
        with suppress(ClientDisconnect):
            asyncio.run(_ask(self.application, "GET", path, b"", self._headers({}), self.address, hangs_up=True))

    def post(self, path: str, fields: Mapping[str, Any], **headers: str) -> Answer:
        body = urlencode(fields, doseq=True).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", "origin": f"https://{HOST}"} | headers
        return self.ask("POST", path, body, sent)

    def confirm(self, path: str, question: Answer) -> Answer:
        """Say yes to a question, as its button does."""
        hidden = re.findall(
            r'<input type="hidden" name="([^"]*)" value="([^"]*)">', question.text.partition("<main")[2]
        )
        return self.post(path, {unescape(name): unescape(value) for name, value in hidden} | {"sure": "yes"})

    def submit(self, page: str, fields: Mapping[str, Any], action: str = "") -> Answer:
        """Open a page and send its form: what is in it, with what the test enters."""
        form = self.get(page)
        assert form.status == 200, form.words
        return self.post(action or page, filled(form.text) | dict(fields))

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answer = asyncio.run(_ask(self.application, method, path, body, self._headers(headers), self.address))
        for cookie in answer.headers.get("set-cookie", "").splitlines():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def _headers(self, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        sent = {"host": HOST, "accept": "text/html"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [(name.encode(), value.encode()) for name, value in sent.items()]

    def sign_in(self, name: str = "ada", password: str = PASSWORD, **more: str) -> Answer:
        return self.post("/sign-in", {"user": name, "password": password, "next": "", "as": ""} | more)


def filled(text: str) -> dict[str, Any]:
    """The fields of the main form of a page, as a browser would send them untouched."""
    form = text[text.index('class="record"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, Any] = {"shown": re.findall(r'name="shown" value="([^"]*)"', form)}
    for tag in re.findall(r"<input[^>]*>", form):
        named = dict(re.findall(r'([\w.-]+)="([^"]*)"', tag))
        name = named.get("name", "shown")
        if name == "shown" or (named.get("type") == "checkbox" and " checked" not in tag) or " disabled" in tag:
            continue
        fields[name] = unescape(named.get("value", ""))
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name] = unescape(chosen.group(1)) if chosen else ""
    return fields


async def _ask(
    application: ASGIApp,
    method: str,
    path: str,
    body: bytes,
    headers: list[tuple[bytes, bytes]],
    address: str,
    *,
    hangs_up: bool = False,
) -> Answer:
    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(where),
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": (address, 40000),
        "server": ("node1", 8443),
    }
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if hangs_up and message.get("body"):
            raise OSError
        sent.append(message)

    await application(scope, receive, send)
    head = next(each for each in sent if each["type"] == "http.response.start")
    found: dict[str, str] = {}
    for name, value in head["headers"]:
        key = name.decode()
        found[key] = f"{found[key]}\n{value.decode()}" if key in found else value.decode()
    return Answer(head["status"], found, b"".join(each.get("body", b"") for each in sent))


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def administration(tmp_path: Path, clock: Time) -> Iterator[Administration]:
    """An installed cluster of one node with an administrator ``ada`` and a guest ``grace`` who may only look."""
    database = Database.open(tmp_path / "ringward.sqlite")
    hashing = PasswordHashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    box = SecretBox({1: bytes(range(32))})
    key_store = KeyStore(tmp_path / "certificates", box)
    administration = Administration(database, box, LocalBus(), clock, hashing, key_store=key_store)
    administration.installation.run(Server("node1", "192.0.2.1"))
    root = Actor("root", EVERYTHING, "test")
    for name, groups in (("ada", (SUPER_USERS,)), ("grace", (READ_ONLY,))):
        administration.application_users.add(root, ApplicationUser(name, Secret(PASSWORD), groups))
    yield administration
    database.close()


@pytest.fixture
def root() -> Actor:
    return Actor("root", EVERYTHING, "test")


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def stranger(administration: Administration, node: Node, clock: Time) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(web_application(administration, node, "node1", clock, clock))


@pytest.fixture
def another(stranger: Browser) -> Callable[[], Browser]:
    """Makes further browsers on the same application."""
    return lambda: Browser(stranger.application)


@pytest.fixture
def ada(stranger: Browser) -> Browser:
    """A browser in which an administrator is signed in."""
    assert stranger.sign_in().status == 303
    assert COOKIE in stranger.cookies
    return stranger


@pytest.fixture
def grace(another: Callable[[], Browser]) -> Browser:
    """A browser in which somebody is signed in who may only look."""
    browser = another()
    assert browser.sign_in("grace").status == 303
    return browser
