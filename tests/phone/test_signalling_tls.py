"""When a phone connects securely, and to whom: PHONE-02, CTL-21; handshakes with the node's listener."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.signers import pair
from phone.secured import DEVICE, ctl, security
from pki.test_tls import handshake
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.signalling_tls import signalling_context
from ringward.pki.issuing import make_self_signed
from ringward.pki.tls import ServerTls, Suites

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode


def server(folder: Path, name: str = "pub") -> ServerTls:
    files = pair(name).save(folder, name.replace(" ", "-"))
    return ServerTls(files, suites=Suites.AUTHENTICATED, trusted=[pair(DEVICE).certificate])


@pytest.mark.parametrize(
    ("mode", "cipher"), [(AUTHENTICATED, "NULL-SHA256"), (ENCRYPTED, "TLS_AES_256_GCM_SHA384")]
)
def test_connects_by_the_suites_of_its_mode_and_shows_its_certificate(
    tmp_path: Path, mode: DeviceSecurityMode, cipher: str
) -> None:
    context = signalling_context(security(lists=ctl(), mic=DEVICE), mode)
    assert context is not None
    phone, node = handshake(server(tmp_path), context)
    used = phone.cipher()
    assert used is not None
    assert used[0] == cipher
    assert node.getpeercert(binary_form=True) == pair(DEVICE).certificate.der


@pytest.mark.parametrize(
    ("lists", "mic", "mode"),
    [
        (None, DEVICE, ENCRYPTED),
        (ctl(emptied=True), DEVICE, ENCRYPTED),
        (ctl(), None, ENCRYPTED),
        (ctl(), DEVICE, NONSECURE),
    ],
    ids=["no trust list", "no certificate in the list", "no certificate of its own", "nonsecure"],
)
def test_without_any_one_of_the_conditions_there_is_no_secure_connection(
    lists: bytes | None, mic: str | None, mode: DeviceSecurityMode
) -> None:
    """CTL-01, CTL-06, SIG-01, PHONE-02: each in turn."""
    assert signalling_context(security(lists=lists, mic=mic), mode) is None


def test_a_call_manager_that_the_list_does_not_name_is_refused(tmp_path: Path) -> None:
    """CTL-21."""
    context = signalling_context(security(lists=ctl(), mic=DEVICE), ENCRYPTED)
    assert context is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server(tmp_path, "stranger"), context)


def test_a_new_certificate_of_a_call_manager_must_come_into_the_list_first(tmp_path: Path) -> None:
    """CERT-20: the name is the same, the certificate is not."""
    renewed = make_self_signed("pub", now=datetime.now(UTC))
    listener = ServerTls(
        renewed.save(tmp_path, "renewed"), suites=Suites.AUTHENTICATED, trusted=[pair(DEVICE).certificate]
    )
    context = signalling_context(security(lists=ctl(), mic=DEVICE), ENCRYPTED)
    assert context is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(listener, context)


def test_a_token_is_no_call_manager(tmp_path: Path) -> None:
    context = signalling_context(security(lists=ctl(), mic=DEVICE), ENCRYPTED)
    assert context is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server(tmp_path, "token one"), context)
