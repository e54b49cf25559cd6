"""Security tokens for tests: software tokens in a directory, and real PKCS#11 slots of SoftHSM2."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ringward.domain.secret import Secret
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.issuing import issue_token_certificate, make_authority
from ringward.pki.tokens.hardware import TokenModule
from ringward.pki.tokens.token import Issue, TokenKey

SOFTHSM_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
PASSWORD = Secret("blue lamp 42")
OFFICER_PASSWORD = Secret("officer of 42")


def token_authority(now: datetime | None = None) -> KeyPair:
    """A token CA."""
    return make_authority("Token CA", now=now or datetime.now(UTC))


def issued_by(authority: KeyPair, name: str, now: datetime | None = None) -> Issue:
    """Has a token CA issue the certificate of a new token key."""

    def issue(key: TokenKey) -> Certificate:
        return issue_token_certificate(authority, key.public_key, name, now=now or datetime.now(UTC))

    return issue


def softhsm_path() -> Path:
    """The module; where it is missing, scripts/set-up test installs it."""
    return next(path for path in SOFTHSM_MODULES if path.exists())


@contextmanager
def softhsm(directory: Path) -> Iterator[Callable[[], TokenModule]]:
    """SoftHSM2 with slots of its own in ``directory``; yields what opens the module."""
    store = directory / "slots"
    store.mkdir(parents=True)
    configuration = directory / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        yield lambda: TokenModule(softhsm_path())
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def pull_out(directory: Path) -> None:
    """Take every token of :func:`softhsm` out of its slot."""
    for slot in (directory / "slots").iterdir():
        shutil.rmtree(slot)


def take_out(directory: Path) -> None:
    """Take every token of :func:`softhsm` out of its slot, for :func:`put_back`."""
    (directory / "slots").rename(directory / "pocket")
    (directory / "slots").mkdir()


def put_back(directory: Path) -> None:
    """Put the tokens that were taken out into the reader again."""
    (directory / "slots").rmdir()
    (directory / "pocket").rename(directory / "slots")
