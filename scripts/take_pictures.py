"""Take the pictures of the documentation: the pages of the demonstration's office in Chromium.

Run by ``make pictures``. The demonstration runs as a person would run it; when all its steps are done, and while
its phones go on calling each other, the pages are opened and kept as PNG files in docs/pictures.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from strangers.browser import DESK, POCKET, Browser
from strangers.node import RINGWARD

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
READY_WITHIN = 600.0
"""Seconds until the demonstration has come to its end, on a busy machine."""
SIGN_IN = re.compile(r"In\s+a\s+browser:\s+(\S+)/\s+as\s+(\S+),\s+(\S+)")
WORKS_ON = "The office works on"
WRONG_PASSWORDS = 6
"""More than lock an account."""
SETTLE = 15.0
"""Seconds for a few samples, so that charts have something to show."""

BACKUP = "/Platform/backup"
PAGES = {
    "overview": ("/CMAdmin/", DESK, "light"),
    "phone-in-the-dark": ("/CMAdmin/phone", POCKET, "dark"),
    "monitoring": ("/AST", DESK, "dark"),
    "certificate-operations": ("/CMAdmin/certificate-operations", DESK, "light"),
    "how-secure-a-phone-is": ("/CMAdmin/phone/why/SEP020000001001", DESK, "light"),
    "ctl-file": ("/CMAdmin/trust-list", DESK, "light"),
    "secure-cluster": ("/CMAdmin/secure-cluster", DESK, "light"),
    "onboard-phone": ("/CMAdmin/onboard-phone?model=7961%7CSIP", DESK, "light"),
    "trust-picture": ("/Platform/trust-picture", DESK, "light"),
    "alarms": ("/CMService/alarms?state=all", DESK, "light"),
    "backup": (BACKUP, DESK, "light"),
    "second-factor": ("/CMAdmin/my-account/second-factor", DESK, "light"),
}


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory(prefix="ringward-pictures-") as directory:
        told = Path(directory, "told")
        with told.open("w") as file:
            demonstration = subprocess.Popen(  # noqa: S603  (our own command)
                [sys.executable, "-m", "ringward.demo", "--data", str(Path(directory, "data"))], stdout=file
            )
        try:
            base, user, password = _wait(told, demonstration)
            time.sleep(SETTLE)
            browser = Browser(base)
            try:
                browser.sign_in(user, password)
                _have_a_backup(browser, Path(directory))
                _have_an_alarm(base, user)
                _take(browser)
            finally:
                browser.close()
        finally:
            demonstration.send_signal(signal.SIGINT)
            demonstration.wait()


def _wait(told: Path, demonstration: subprocess.Popen[bytes]) -> tuple[str, str, str]:
    """Wait until the office works on; returns address, user ID and password."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and demonstration.poll() is None:
        text = told.read_text()
        found = SIGN_IN.search(text)
        if found and WORKS_ON in text:
            return found[1], found[2], found[3]
        time.sleep(1)
    sys.exit(f"the demonstration did not come to its end:\n{told.read_text()[-2000:]}")


def _have_a_backup(browser: Browser, directory: Path) -> None:
    """As the page of backups is worth a picture once there is one."""
    shelf = directory / "backups"
    shelf.mkdir()
    key = (RINGWARD, "backup", "new-key", str(directory / "backup.key"), "--passphrase-file", "-", "--json")
    made = subprocess.run(key, input="of the pictures\n", capture_output=True, text=True, check=True)  # noqa: S603
    public = json.loads(made.stdout)["public_key"]
    browser.save(
        "/CMAdmin/backup-schedule/new", "is added", name="nightly", directory=str(shelf), public_key=public
    )
    browser.open(BACKUP)
    browser.press("Make one now")
    browser.expect("1 of 1 done")


def _have_an_alarm(base: str, user: str) -> None:
    """Somebody guesses the administrator's password; who is signed in already stays so."""
    guesser = Browser(base)
    try:
        for _ in range(WRONG_PASSWORDS):
            guesser.sign_in(user, "a wrong password", "/sign-in")
    finally:
        guesser.close()


def _take(browser: Browser) -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, (path, size, scheme) in PAGES.items():
        browser.become(size, scheme)
        browser.open(path)
        browser.find("h1")
        time.sleep(2)  # the live part comes a moment after the page
        browser.driver.save_screenshot(str(PICTURES / f"{name}.png"))
        print(f"docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
