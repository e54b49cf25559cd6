"""Chromium, driven as a person would use it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
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

    def open(self, path: str) -> None:
        self.driver.get(self.base + path)

    def find(self, selector: str) -> WebElement:
        """The one element, as soon as there is one."""
        found = eventually(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector))
        assert found, f"no {selector} on {self.driver.current_url}: {self.text}"
        return found[0]

    def press(self, text: str) -> None:
        """Press the button, or follow the link, that reads so, and wait until the next page is there."""
        words = f"(//main//*[self::button or self::a][normalize-space()='{text}'])[1]"
        found = self.driver.find_elements(By.XPATH, words)
        assert found, f"no {text} on {self.driver.current_url}: {self.text}"
        self.driver.execute_script("window.isOld = true")
        found[0].click()
        assert eventually(lambda: not self.driver.execute_script("return window.isOld || false")), text

    def enter(self, selector: str, text: str) -> None:
        """Replace what is in a field."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def fill(self, name: str, value: str | bool) -> None:
        """Enter something in a field of a record's form, of whatever kind the field is; a secret twice."""
        field = self.find(f"[id='f-{name}']")
        if field.tag_name == "select":
            field.find_element(By.XPATH, f"option[normalize-space()='{value}']").click()
        elif isinstance(value, bool):
            if field.is_selected() is not value:
                field.click()
        else:
            self.enter(f"[id='f-{name}']", value)
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
        text: str = self.driver.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector
        )
        return text

    def expect(self, words: str) -> None:
        """Wait until the page says so."""
        assert eventually(lambda: words in self.text), f"{words} is not on {self.driver.current_url}: {self.text}"

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
