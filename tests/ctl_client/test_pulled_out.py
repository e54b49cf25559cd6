"""A real token, behind PKCS#11, that is pulled out in the middle of the CTL client's work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ctl_client.desk import Workstation, parsed, refusals
from harness.cluster import TestCluster
from harness.tokens import OFFICER_PASSWORD, PASSWORD, put_back, softhsm, softhsm_path, take_out
from ringward.ctl_client.client import Change
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.tokens.hardware import HardwareToken, TokenModule
from ringward.pki.tokens.token import TokenGone, TokenSigner

MIXED = ClusterSecurityMode.MIXED


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Path]:
    """A reader for the token ``blue``; it is empty at first."""
    directory = tmp_path / "reader"
    with softhsm(directory):
        yield directory


def insert_new(desk: Workstation, module: TokenModule) -> None:
    client = desk.client()
    try:
        module.initialise("blue", PASSWORD, OFFICER_PASSWORD, lambda key: client.issue(key, "Token blue"))
    finally:
        client.close()


class PulledOut:
    """A token that its owner takes out of the reader once it has signed so often."""

    def __init__(self, signer: TokenSigner, reader: Path, signatures: int) -> None:
        self.certificate, self._signer, self._reader, self._left = signer.certificate, signer, reader, signatures

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        if self._left == 0:
            take_out(self._reader)
        self._left -= 1
        return self._signer.sign(data, digest)


def pulled_out(desk: Workstation, change: Change, reader: Path, signatures: int) -> str:
    """What the client says when that happens after so many signatures; before the password with -1."""
    client, token = desk.client(), blue()
    if signatures < 0:
        take_out(reader)
    try:
        with pytest.raises(TokenGone) as told, client.attempt(), token.unlock(PASSWORD) as signer:
            client.apply(change, PulledOut(signer, reader, signatures))
    finally:
        client.close()
        put_back(reader)
    return str(told.value)


def blue() -> HardwareToken:
    """As a command finds it, which loads the module anew."""
    return TokenModule(softhsm_path()).token("blue")


def test_a_token_that_is_pulled_out_leaves_everything_as_it_was_and_is_audited(
    desk: Workstation, cluster: TestCluster, reader: Path
) -> None:
    """Before the password, before it has signed the file, and before it has proved itself to the server."""
    insert_new(desk, TokenModule(softhsm_path()))
    seen = blue().describe().certificate
    assert seen is not None
    change = Change(MIXED, add=(seen.der, desk.certificate("one")))
    file = cluster.nodes[0].ctl_file
    gone = "the token 'blue' is not there (any more): insert it and begin again"

    for signatures in (-1, 0, 1):
        assert pulled_out(desk, change, reader, signatures) == gone
        assert not list(file.parent.glob("*")), "nothing, whole or half"
        assert not list(cluster.nodes[0].directory.glob("CTLFile*"))
        assert refusals(cluster)[0] == f"at the CTL client: {gone}"
    assert len(refusals(cluster)) == 3

    client = desk.client()
    with blue().unlock(PASSWORD) as signer:
        assert client.apply(change, signer).succeeded, "back in the reader, it signs as before"
    client.close()
    before = file.read_bytes()
    assert seen.der in {each.der for each in tokens_of(parsed(before).trust)}
    assert pulled_out(desk, Change(add=(desk.certificate("two"),)), reader, 1) == gone
    assert file.read_bytes() == before, "the old file stays"
