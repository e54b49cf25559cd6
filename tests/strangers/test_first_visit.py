"""The first visit to the pages, by a browser that trusts nobody yet (SCN-02)."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException

from ringward.pki.certificates import Certificate
from strangers.browser import Browser
from strangers.node import HTTPS, Node, eventually
from strangers.pages import PASSWORD, node_with_pages
from strangers.trusting import make_home

pytestmark = pytest.mark.stranger

UNKNOWN = "net::ERR_CERT_AUTHORITY_INVALID"
OTHER_NAME = "net::ERR_CERT_COMMON_NAME_INVALID"
CODE = "return document.querySelector('#error-code')?.textContent ?? ''"
"""How Chromium names what is wrong with a certificate; empty on a page of ours."""

SEEN = "return document.querySelector('#error-code, #user') !== null"
"""Whether there is a warning, or our own page."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with node_with_pages(tmp_path) as node:
        yield node


Visitor = Callable[[str, Path], Browser]


@pytest.fixture
def visitor(node: Node) -> Iterator[Visitor]:
    """Opens a new Chromium for a host name and the home directory of its user; every name leads to the node."""
    opened: list[Browser] = []

    def visit(host: str, home: Path) -> Browser:
        home.mkdir(exist_ok=True)
        environment = os.environ | {"HOME": str(home)}
        base = f"https://{host}:{HTTPS + node.offset}"
        opened.append(Browser(base, judges=True, environment=environment))
        return opened[-1]

    yield visit
    for browser in opened:
        browser.close()


def presented(node: Node) -> Certificate:
    """The certificate that the node shows whoever connects."""
    return Certificate.load(ssl.get_server_certificate(("127.0.0.1", HTTPS + node.offset)).encode())


def alert(browser: Browser) -> str:
    """Open the pages; what Chromium warns of, or nothing once there is our own page."""
    try:
        browser.open("/")
    except WebDriverException as error:
        assert "ERR_CERT" in str(error) or "insecure certificate" in str(error), error
    eventually(lambda: browser.driver.execute_script(SEEN))
    return str(browser.driver.execute_script(CODE))


def test_a_certificate_is_compared_trusted_saved_and_regenerated(
    node: Node, visitor: Visitor, tmp_path: Path
) -> None:
    """SCN-02, HTTPS-04 to HTTPS-09, HTTPS-11: answering No shows nothing, and there is no way round it."""
    first = presented(node)
    name = first.common_name
    assert first.fingerprint_sha256 in node.log.read_text()

    careful = visitor(name, tmp_path / "nobody-trusted")
    assert alert(careful) == UNKNOWN
    assert "Ringward" not in careful.text
    careful.follow("#primary-button")
    assert "Ringward" not in careful.text

    trusting_home = tmp_path / "trusting"
    make_home(trusting_home, first.der)
    assert alert(visitor("another-name", trusting_home)) == OTHER_NAME
    browser = visitor(name, trusting_home)
    assert alert(browser) == ""
    browser.sign_in("administrator", PASSWORD, "/Platform/certificates/web")
    browser.expect(first.fingerprint_sha256)
    browser.expect(first.fingerprint_sha1)

    saved = tmp_path / "saved"
    browser.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(saved)}
    )
    for form in ("der", "pem", "p7b"):
        browser.click(f"a[href$='/export/{form}']")
        assert eventually((saved / f"web.{form}").exists)
    assert Certificate.load((saved / "web.der").read_bytes()) == first
    assert Certificate.load((saved / "web.pem").read_bytes()) == first

    browser.press("Regenerate")
    browser.expect("The web certificate is now the one with SHA-256")
    second = presented(node)
    assert second.fingerprint_sha256 != first.fingerprint_sha256
    browser.expect(second.fingerprint_sha256)
    assert alert(visitor(name, trusting_home)) == UNKNOWN
