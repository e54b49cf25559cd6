"""Chromium, driven as a person would use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webelement import WebElement

from strangers.node import eventually

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root, where Chromium's sandbox does not work
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_BELIEVES = "--ignore-certificate-errors"  # the node's certificate vouches for itself
_EVERY_NAME = "--host-resolver-rules=MAP * 127.0.0.1"
_AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_FAULTS = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .map(each => each.id + ": " + each.help + ": " + each.nodes.map(node => node.html).slice(0, 3).join(" | "))));
"""
_FIND = "return document.readyState === 'complete' ? document.querySelector(arguments[0]) : null"
_HAS = "return document.querySelector(arguments[0]) !== null"
_CLICK = """
const [selector, text, leaves, click] = arguments;
if (window.name === click) return "";  // it is done, though nothing was heard of it before the page went away
const reads = each => each.textContent.trim().replace(/\\s+/g, " ");
const found = [...document.querySelectorAll(selector)].find(each => text === null || reads(each) === text);
if (document.readyState !== "complete") return "the page is still loading";
if (!found) return "there is no such thing";
found.scrollIntoView({block: "center", behavior: "instant"});
const box = found.getClientRects()[0];
const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
if (!found.contains(top)) return "it is hidden";
if (leaves) window.isOld = true;
window.name = click;
found.click();
return "";
"""
"""Click on what can be seen; says what kept it. In one step, between which no live part of a page is replaced."""
_IS_NEXT = "return !window.isOld && document.readyState === 'complete'"
_CHOOSE = """
const field = document.querySelector(arguments[0]);
const option = [...field?.options ?? []].find(each => [each.label, each.value].includes(arguments[1]));
if (!option || document.readyState !== "complete") return false;
field.focus();
option.selected = true;
for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, {bubbles: true}));
return true;
"""
_TEXTS = "return [...document.querySelectorAll(arguments[0])].map(each => each.innerText)"
_ROWS = (
    "return [...document.querySelectorAll(arguments[0])].map(row => [...row.cells].map(each => each.innerText))"
)
_VALUE = "const field = document.querySelector(arguments[0]); return field && [field.value]"
DESK, POCKET = (1280, 900), (375, 800)


class Browser:
    """One window of Chromium on a node's pages."""

    def __init__(self, base: str, *, judges: bool = False, environment: Mapping[str, str] | None = None) -> None:
        """One that ``judges`` looks at certificates as a person's does, and finds the node by any name."""
        options = webdriver.ChromeOptions()
        for argument in (*_ARGUMENTS, _EVERY_NAME if judges else _BELIEVES):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.base = base
        service = webdriver.ChromeService("/usr/bin/chromedriver", env=environment)
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(120)
        self.driver.set_script_timeout(120)
        self._clicks = 0

    def open(self, path: str) -> None:
        self.driver.get(self.base + path)
        self._wait_for_next()

    def find(self, selector: str) -> WebElement:
        """The one element, as soon as there is one. Of a live part rather `read`: it is replaced at any moment."""
        found: WebElement | None = eventually(lambda: self._asked(_FIND, selector))
        assert found, f"no {selector} {self._place}"
        return found

    def has(self, selector: str) -> bool:
        """Whether there is such an element on the page that is there now."""
        return bool(self._asked(_HAS, selector))

    def press(self, text: str) -> None:
        """Press the button, or follow the link, that reads so, and wait until the next page is there."""
        self.follow("main button, main a", text)

    def follow(self, selector: str, text: str | None = None) -> None:
        """Click, as `click` does, and wait until the next page is there."""
        self._click(selector, text, leaves=True)
        self._wait_for_next()

    def click(self, selector: str, text: str | None = None) -> None:
        """Click on the first that can be selected so (and reads so), as soon as it is there; the page stays."""
        self._click(selector, text, leaves=False)

    def _click(self, selector: str, text: str | None, *, leaves: bool) -> None:
        self._clicks += 1
        kept = ""

        def is_done() -> bool:
            nonlocal kept
            kept = self._asked(_CLICK, selector, text, leaves, str(self._clicks))
            return not kept

        assert eventually(is_done), f"{text or selector}: {kept}, {self._place}"

    @contextmanager
    def next_page(self) -> Iterator[None]:
        """What is done within leads to another page; wait until that one is there."""
        self.driver.execute_script("window.isOld = true")
        yield
        self._wait_for_next()

    def _wait_for_next(self) -> None:
        assert eventually(lambda: self._asked(_IS_NEXT)), f"no other page has come {self._place}"

    def _asked(self, script: str, *arguments: object) -> Any:
        """What a script says of the page; asked again while one page makes room for the next."""
        failed: list[WebDriverException] = []

        def answer() -> tuple[Any, ...]:
            try:
                return (self.driver.execute_script(script, *arguments),)
            except WebDriverException as error:
                failed.append(error)
                return ()

        if answered := eventually(answer):
            return answered[0]
        raise failed[-1]

    @property
    def _place(self) -> str:
        return f"on {self.driver.current_url}: {self.text}"

    def enter(self, selector: str, text: str) -> None:
        """Replace what is in a field."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def paste(self, text: str) -> None:
        """Put text where the cursor is, at once: a script that listens hears of it one time."""
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})

    def choose(self, selector: str, option: str) -> None:
        """Choose what a list offers, by how it reads or by its value."""
        assert eventually(lambda: self._asked(_CHOOSE, selector, option)), (
            f"no {option} in {selector} {self._place}"
        )

    def fill(self, name: str, value: str | bool) -> None:
        """Enter something in a field of a record's form, of whatever kind the field is; a secret twice."""
        selector = f"[id='f-{name}']"
        field = self.find(selector)
        if field.tag_name == "select":
            self.choose(selector, str(value))
        elif isinstance(value, bool):
            if field.is_selected() is not value:
                self.click(selector)
        else:
            self.enter(selector, value)
            if field.get_attribute("type") == "password":
                self.enter(f"[name='{name}.again']", value)

    def save(self, path: str, says: str, **fields: str | bool) -> None:
        """Open a form, fill it in, and save it; the page must say something then."""
        self.open(path)
        for name, value in fields.items():
            self.fill(name, value)
        self.press("Save")
        self.expect(says)

    def sign_in(self, user: str, password: str, path: str = "/") -> None:
        self.open(path)
        self.enter("#user", user)
        self.enter("#password", password)
        self.press("Sign in")

    def become(self, size: tuple[int, int], scheme: str = "light") -> None:
        """Take a size in CSS pixels, and a colour scheme. Nothing moves, as axe-core would see it half-way."""
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.read("body")

    def read(self, selector: str) -> str:
        """What can be read there (nothing if it is not there), in one step: the page may be replaced meanwhile."""
        return "".join(self.texts(selector)[:1])

    def texts(self, selector: str) -> list[str]:
        """What can be read in each of these, in one step."""
        texts: list[str] = self._asked(_TEXTS, selector)
        return texts

    def rows(self, selector: str) -> list[list[str]]:
        """What can be read in the cells of each of these rows, in one step."""
        rows: list[list[str]] = self._asked(_ROWS, selector)
        return rows

    def value(self, selector: str) -> str:
        """What is in a field."""
        found: list[str] | None = eventually(lambda: self._asked(_VALUE, selector))
        assert found, f"no {selector} {self._place}"
        return found[0]

    def expect(self, words: str, selector: str = "body") -> None:
        """Wait until the page (or that part of it) says so."""
        assert eventually(lambda: words in self.read(selector)), f"{words} is not {self._place}"

    @property
    def overflow(self) -> int:
        """CSS pixels by which the page is wider than the window."""
        width: int = self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def complaints(self) -> list[str]:
        """What Chromium has written to the console since it was asked last. A form refused is no fault."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        serious = (entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING"))
        return [message for message in serious if not any(f"status of {each}" in message for each in (409, 422))]

    def faults(self) -> list[str]:
        """Serious faults of accessibility that axe-core sees on the page."""
        self.driver.execute_script(_AXE)
        found: list[str] = self.driver.execute_async_script(_FAULTS)
        return found

    def close(self) -> None:
        self.driver.quit()
