"""A node whose pages an administrator has a password for, and what holds of every page in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strangers.browser import DESK, POCKET, Browser
from strangers.node import HTTPS, Node

ADMINISTRATOR = "administrator"
PASSWORD = "a long password of the test"


@contextmanager
def node_with_pages(directory: Path) -> Iterator[Node]:
    """A running node; it must end well, and without a traceback."""
    node = Node(directory)
    node.start()
    try:
        node.administer("application-user", "update", ADMINISTRATOR, "--password", "-", typed=PASSWORD + "\n")
        yield node
    finally:
        status = node.stop()
    assert status == 0
    assert not node.tracebacks(), node.log.read_text()


@contextmanager
def signed_in(node: Node) -> Iterator[Browser]:
    """A window in which the administrator is signed in."""
    browser = Browser(f"https://127.0.0.1:{HTTPS + node.offset}")
    try:
        browser.sign_in(ADMINISTRATOR, PASSWORD)
        browser.expect("Security overview")
        yield browser
    finally:
        browser.close()


def secure_the_cluster(browser: Browser, password: str = "blue lamp 42") -> None:
    """SCN-01 with two software tokens: the cluster is in mixed mode then."""
    browser.open("/CMAdmin/secure-cluster")
    for number in ("1", "2"):
        browser.enter(f"#password-{number}", password)
        browser.enter(f"[name='password-{number}.again']", password)
    browser.press("Make both tokens and sign")
    browser.expect("The CTL file is signed: the cluster is in mixed mode.")


def fits(browser: Browser) -> None:
    """The page as it stands is usable by everybody: on a desk by daylight, in a pocket in the dark."""
    for size, scheme in ((POCKET, "dark"), (DESK, "light")):
        browser.become(size, scheme)
        assert browser.overflow <= 0, f"{browser.driver.current_url} is wider than {size[0]} by {browser.overflow}"
        assert not browser.faults(), f"{browser.driver.current_url} at {size[0]} pixels, {scheme}"
