"""What every answer carries, and what becomes of requests that are forged, sent again, or too large."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.vocabulary import Protocol
from ringward.store.tables import METADATA
from ringward.web.entrance import COOKIE
from ringward.web.interface.operations import SERVICES
from ringward.web.navigation import INTERFACE, USER_ACCOUNT
from ringward.web.protection import MAX_BODY
from web.conftest import HOST, Browser, Node

PARTS = {
    "noun": "region",
    "key": "Default",
    "key:path": "Default",
    "server": "node1",
    "service": next(iter(SERVICES)),
    "number": "1",
    "kind": "web",
    "form": "csv",
    "device": "SEP000000000001",
    "call": "1",
    "name": "ringward.css",
}
"""What stands for the parts of addresses."""


@pytest.mark.parametrize(
    "path", ["/sign-in", "/CMAdmin/", "/static/ringward.css", "/nothing-here", "/CMAdmin/phone"]
)
def test_every_answer_carries_the_headers_that_browsers_obey(ada: Browser, path: str) -> None:
    """Item 1 of the administration over HTTPS: strict transport, no inline script, nothing framed."""
    headers = ada.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["x-content-type-options"] == "nosniff"
    assert ("no-store" in headers["cache-control"]) is not path.startswith("/static/")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/CMAdmin/", "/CMAdmin/phone/new", "/AST", "/CMAdmin/enterprise-parameters"]
)
def test_no_page_has_script_or_style_within(ada: Browser, path: str) -> None:
    text = ada.get(path).text
    assert " style=" not in text and "<style" not in text and "javascript:" not in text and " onclick" not in text
    assert text.count("<script") == text.count('<script src="/static/ringward.js"')


def everything_stored(administration: Administration) -> list[object]:
    """All rows of all tables."""
    with administration.database.reading() as connection:
        return [row for table in METADATA.sorted_tables for row in connection.execute(select(table)).all()]


def pages(browser: Browser, method: str) -> list[str]:
    """The addresses of all pages that are asked for by a method, with something where a name belongs."""
    hardened = browser.application
    assert isinstance(hardened, Starlette)
    routes = [each for each in hardened.routes if isinstance(each, Route) and not each.path.startswith(INTERFACE)]
    found = [route.path for route in routes if method in (route.methods or ())]
    for name, value in PARTS.items():
        found = [path.replace(f"{{{name}}}", value) for path in found]
    return found


@dataclass(frozen=True)
class Forgery:
    """A request that was not made by a page of whoever is signed in."""

    token: str
    """Where its token is from: this session, another one, or nowhere."""
    headers: dict[str, str] = field(default_factory=dict)


FORGERIES = {
    "no token": Forgery(""),
    "a token that was made up": Forgery("made up"),
    "a token beyond ASCII": Forgery("\u00e9\u2603"),
    "the token of another session": Forgery("another"),
    "another site": Forgery("own", {"origin": "https://evil.example"}),
    "another port of this host": Forgery("own", {"origin": "https://node1:9443"}),
    "this host without TLS": Forgery("own", {"origin": f"http://{HOST}"}),
    "a page without an origin": Forgery("own", {"origin": "null"}),
    "what the browser calls another site": Forgery("own", {"sec_fetch_site": "cross-site"}),
    "what the browser calls a sibling": Forgery("own", {"sec_fetch_site": "same-site"}),
}


def token_of(browser: Browser) -> str:
    return browser.get("/CMAdmin/").value_of("csrf")


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_request_changes_nothing_whatever_page_it_is_for(
    ada: Browser, grace: Browser, node: Node, administration: Administration, forgery: Forgery
) -> None:
    tokens = {"own": token_of(ada), "another": token_of(grace)}
    before, asked = everything_stored(administration), list(node.asked)
    paths = [
        each for each in pages(ada, "POST") if each not in ("/sign-in", "/sign-in/code", "/sign-out", USER_ACCOUNT)
    ]
    assert len(paths) > 15
    for path in paths:
        fields = {"csrf": tokens.get(forgery.token, forgery.token), "shown": "name", "name": "Forged"}
        answer = ada.post(path, fields, **forgery.headers)
        assert answer.status == 403, path
        assert "This form is out of date or was not made here" in answer.words
    assert everything_stored(administration) == before
    assert node.asked == asked


def test_the_same_form_made_by_the_page_itself_is_taken(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """So what the forgeries lack is what they are refused for."""
    fields = {"csrf": token_of(ada), "shown": "name", "name": "Made here"}
    assert ada.post("/CMAdmin/region/new", fields, sec_fetch_site="same-origin").status == 303
    assert administration.records(Region).find(root).total == 2


def test_a_page_that_is_only_looked_at_changes_nothing(
    ada: Browser, node: Node, administration: Administration, root: Actor
) -> None:
    """A picture or link on another site can have a browser fetch any of them."""
    profile = nonsecure_profile_name("7960", Protocol.SIP)
    administration.phones.add(root, Phone(PARTS["device"], "7960", Protocol.SIP, profile))
    before = everything_stored(administration)
    paths = [each for each in pages(ada, "GET") if not each.endswith("/events")]
    assert len(paths) > 40
    for path in paths:
        query = "act=remove&name=Default&key=Default&csrf=x&minutes=60&level=messages"
        assert ada.get(f"{path}?{query}").status < 500, path
    assert everything_stored(administration) == before
    assert not {command for command, _ in node.asked} & {"reset", "settle", "trace", "end-sessions", "order"}


def test_a_form_that_is_sent_again_after_signing_out_changes_nothing(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    fields = {"csrf": token_of(ada), "shown": "name", "name": "Replayed"}
    kept = dict(ada.cookies)
    assert ada.post("/sign-out", {"csrf": fields["csrf"]}).status == 303
    ada.cookies = dict(kept)
    answer = ada.post("/CMAdmin/region/new", fields)
    assert answer.status == 303 and answer.headers["location"].startswith("/sign-in")

    assert ada.sign_in().status == 303
    assert ada.post("/CMAdmin/region/new", fields).status == 403
    assert administration.records(Region).find(root).total == 1


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}])
def test_no_other_site_signs_anybody_out(ada: Browser, headers: dict[str, str]) -> None:
    """The browser leaves our cookie at home then, and would obey an answer that takes it away all the same."""
    answer = Browser(ada.application).post("/sign-out", {"csrf": ""}, **headers)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert ada.get("/CMAdmin/").status == 200


def test_every_cookie_is_for_our_own_pages_over_tls_alone(stranger: Browser) -> None:
    given = stranger.sign_in().headers["set-cookie"].splitlines()
    taken = stranger.post("/sign-out", {"csrf": token_of(stranger)}).headers["set-cookie"].splitlines()
    assert len(given) == 2 and len(taken) == 1
    for cookie in given + taken:
        flags = {each.strip().lower() for each in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-")
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)


def multipart(fields: dict[str, str], file: bytes) -> tuple[bytes, dict[str, str]]:
    """A form with a file, and its headers."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n')
    body = "".join(parts).encode() + file + b"\r\n--x--\r\n"
    sent = {"content-type": "multipart/form-data; boundary=x", "origin": f"https://{HOST}"}
    return body, sent | {"content-length": str(len(body))}


UPLOADS = {
    "/CMAdmin/phone-import": {"store": "yes"},
    "/Platform/certificates/web": {"act": "import"},
    "/Platform/trust": {"store": "web"},
}


@pytest.mark.parametrize("path", UPLOADS)
def test_a_file_that_is_too_large_is_refused_in_words(
    ada: Browser, administration: Administration, path: str
) -> None:
    before = everything_stored(administration)
    body, headers = multipart({"csrf": token_of(ada)} | UPLOADS[path], b"x" * MAX_BODY)
    answer = ada.ask("POST", path, body, headers)
    assert answer.status == 413
    assert "What was sent is larger than 2 MB, so nothing was changed" in answer.words
    assert everything_stored(administration) == before


@pytest.mark.parametrize("length", ["", "17", "0" * 12 + "3000000"])
def test_a_file_that_is_too_large_is_refused_whatever_the_request_says_of_its_length(
    stranger: Browser, length: str
) -> None:
    """In chunks a request may say anything of its length, and a stranger could fill the disk."""
    body, headers = multipart({"user": "ada"}, b"x" * MAX_BODY)
    answer = stranger.ask("POST", "/sign-in", body, headers | {"content-length": length})
    assert answer.status == 413


def test_a_file_whose_length_is_not_said_is_read(ada: Browser) -> None:
    body, headers = multipart({"csrf": token_of(ada)}, b"x")
    del headers["content-length"]
    assert ada.ask("POST", "/CMAdmin/phone-import", body, headers).status == 422


def test_a_program_that_sends_too_much_is_told_so(
    stranger: Browser, administration: Administration, root: Actor
) -> None:
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    headers = {"authorization": f"Bearer {token}", "content-type": "text/csv"}
    answer = stranger.ask("POST", f"{INTERFACE}/phone-import", b"x" * (MAX_BODY + 1), headers)
    assert answer.status == 413
    assert "larger than 2 MB" in answer.text


def test_a_form_that_is_too_large_is_refused(ada: Browser) -> None:
    answer = ada.post("/CMAdmin/region/new", {"name": "x" * (MAX_BODY + 1)})
    assert answer.status == 413
    assert "That did not work" in answer.words


def test_nobody_signs_in_with_a_form_that_is_too_large(stranger: Browser) -> None:
    assert stranger.sign_in(password="x" * (MAX_BODY + 1)).status == 413
    assert COOKIE not in stranger.cookies


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(6000))),
    ],
)
def test_what_is_no_form_is_refused(ada: Browser, kind: str, body: bytes) -> None:
    headers = {"content-type": kind, "content-length": str(len(body))}
    assert ada.ask("POST", "/CMAdmin/region/new", body, headers).status in (400, 403)


def test_what_was_typed_is_shown_as_text_and_never_as_markup(ada: Browser) -> None:
    hostile = '"><script>alert(1)</script>'
    for path in (
        "/search?q=%22%3E%3Cscript%3E",
        "/CMAdmin/phone?field=description&comparison=contains&value=%3Cscript%3E",
    ):
        assert "<script>" not in ada.get(path).text
    answer = ada.submit("/CMAdmin/region/new", {"name": hostile, "description": hostile})
    assert answer.status == 422
    assert "<script>alert" not in answer.text
