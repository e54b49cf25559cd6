"""The administrator's workstation: security tokens, and the CTL client that signs with them.

The tokens are SoftHSM2's, through PKCS#11, where that is installed; otherwise encrypted files.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.ctl_client.client import Account, Change, CtlClient, Result
from ringward.ctl_client.connection import pinned
from ringward.demo.node_process import NodeProcess
from ringward.domain.application_user import ApplicationUser
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import Unavailable
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.service import CTL_PROVIDER
from ringward.domain.standard_groups import SUPER_USERS
from ringward.pki.tokens.hardware import TokenModule
from ringward.pki.tokens.software import SoftwareToken
from ringward.pki.tokens.token import Issue, SecurityToken

_SOFTHSM = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
_PORT = 2444
_ACTOR = Actor("demonstration", EVERYTHING, "make demo")
_USER = "token-officer"
_READY_ATTEMPTS = 100
_READY_INTERVAL = 0.1


class Workstation:
    """Tokens by name, and the CTL client."""

    def __init__(self, node: NodeProcess) -> None:
        self._node = node
        self._drawer = node.directory / "workstation"
        self._password = Secret(secrets.token_urlsafe(12))
        self._account = Account(_USER, Secret(secrets.token_urlsafe(12)))
        self._fingerprint = ""
        self._tokens: dict[str, SecurityToken] = {}
        self._module = next((path for path in _SOFTHSM if path.exists()), None)

    @property
    def kind(self) -> str:
        """What the tokens are."""
        return "SoftHSM2" if self._module is not None else "encrypted files"

    async def prepare(self) -> None:
        """Activate the CTL Provider, and give the officer an account."""
        await asyncio.to_thread(self._prepare)
        for _ in range(_READY_ATTEMPTS):
            with suppress(Unavailable):
                await asyncio.to_thread(self._look)
                return
            await asyncio.sleep(_READY_INTERVAL)
        raise Unavailable("the CTL Provider does not answer")

    async def make_token(self, name: str) -> None:
        """Make a token, whose certificate the cluster's token CA issues."""
        await asyncio.to_thread(self._make_token, name)

    async def apply(self, signer: str, make: Callable[[CtlClient], Change]) -> tuple[Result, int]:
        """Plan a change, sign it, bring it onto the server; also tells how many phones it leaves behind."""
        return await asyncio.to_thread(self._apply, signer, make)

    def certificate(self, name: str) -> bytes:
        """The certificate of a token."""
        found = self._tokens[name].describe().certificate
        if found is None:
            raise Unavailable(f"the token {name} has no certificate")
        return found.der

    def _prepare(self) -> None:
        administration = Administration.open(self._node.directory)
        try:
            node = administration.certificates.get(_ACTOR, CertificateKind.NODE)
            self._fingerprint = node.certificate.fingerprint_sha256
            user = ApplicationUser(_USER, self._account.password, (SUPER_USERS,))
            administration.application_users.add(_ACTOR, user)
            administration.service_control.activate(_ACTOR, node.server, CTL_PROVIDER)
        finally:
            administration.close()
        self._drawer.mkdir(mode=0o700)
        if self._module is not None:
            (self._drawer / "slots").mkdir()
            configuration = self._drawer / "softhsm2.conf"
            configuration.write_text(
                f"directories.tokendir = {self._drawer / 'slots'}\nobjectstore.backend = file\nlog.level = ERROR\n"
            )
            os.environ["SOFTHSM2_CONF"] = str(configuration)

    def _look(self) -> None:
        with self._client():
            pass

    def _make_token(self, name: str) -> None:
        with self._client() as client:
            issue: Issue = lambda key: client.issue(key, f"Token {name}")  # noqa: E731
            if self._module is not None:
                module = TokenModule(self._module)
                self._tokens[name] = module.initialise(name, self._password, self._password, issue)
            else:
                path = self._drawer / f"{name}.token"
                self._tokens[name] = SoftwareToken.initialise(path, name, self._password, issue)

    def _apply(self, signer: str, make: Callable[[CtlClient], Change]) -> tuple[Result, int]:
        with self._client() as client:
            change = make(client)
            plan = client.plan(change, self.certificate(signer))
            with self._tokens[signer].unlock(self._password) as unlocked:
                return client.apply(change, unlocked), plan.stranded

    @contextmanager
    def _client(self) -> Iterator[CtlClient]:
        client = CtlClient(self._account, pinned(self._fingerprint))
        try:
            client.log_in(self._node.address, _PORT + self._node.port_offset)
            yield client
        finally:
            client.close()
