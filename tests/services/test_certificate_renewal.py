from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringward.cluster.bus import Announcement, LocalBus
from ringward.domain.certificate import CertificateKind
from ringward.domain.change import Action
from ringward.pki.issuing import make_self_signed
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import SecretBox
from ringward.pki.tls import Suites, Terms
from ringward.services.certificate_renewal import CertificateRenewal


def store(directory: Path) -> KeyStore:
    return KeyStore(directory, SecretBox({1: bytes(32)}))


async def announce(bus: LocalBus, key: str, noun: str = "certificate") -> None:
    bus.publish(Announcement(noun, key, Action.UPDATED, 1))
    await asyncio.sleep(0)


async def test_only_who_works_with_that_kind_reads_it_again(tmp_path: Path) -> None:
    bus, heard = LocalBus(), []
    renewal = CertificateRenewal(bus, store(tmp_path))
    renewal.add(CertificateKind.NODE, lambda: heard.append("node"))
    renewal.add(CertificateKind.WEB, lambda: heard.append("web"))
    await announce(bus, "node-1/web")
    await announce(bus, "node-1/capf")
    await announce(bus, "node-1/node", noun="server")
    assert heard == ["web"]
    renewal.stop()
    await announce(bus, "node-1/web")
    assert heard == ["web"]


async def test_one_that_cannot_be_used_is_told_and_keeps_nobody_else_from_his(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    bus, heard = LocalBus(), []

    def fail() -> None:
        raise ValueError("damaged")

    renewal = CertificateRenewal(bus, store(tmp_path))
    renewal.add(CertificateKind.NODE, fail)
    renewal.add(CertificateKind.NODE, lambda: heard.append("node"))
    with caplog.at_level(logging.INFO):
        await announce(bus, "node-1/node")
    assert heard == ["node"]
    assert "the one before stays in force" in caplog.text


def shown(context: ssl.SSLContext) -> bytes | None:
    """The certificate that a client is shown now."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    theirs, ours = client.wrap_bio(down, up), context.wrap_bio(up, down, server_side=True)
    for end in (theirs, ours, theirs):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    certificate: bytes | None = theirs.getpeercert(binary_form=True)
    return certificate


async def test_a_listener_presents_the_renewed_certificate(tmp_path: Path) -> None:
    bus, keys = LocalBus(), store(tmp_path)
    pairs = [make_self_signed("node-1", now=datetime.now(UTC)) for _ in range(2)]
    keys.save(CertificateKind.WEB, pairs[0])
    context = CertificateRenewal(bus, keys).tls(CertificateKind.WEB).context
    assert shown(context) == pairs[0].certificate.der
    keys.save(CertificateKind.WEB, pairs[1])
    await announce(bus, "node-1/web")
    assert shown(context) == pairs[1].certificate.der


async def test_a_thread_that_announces_leaves_the_work_to_the_event_loop(tmp_path: Path) -> None:
    bus = LocalBus()
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    renewal = CertificateRenewal(bus, store(tmp_path))
    renewal.add(CertificateKind.NODE, lambda: done.set_result(threading.get_ident()))
    await asyncio.to_thread(bus.publish, Announcement("certificate", "node-1/node", Action.UPDATED, 1))
    assert await asyncio.wait_for(done, 60) == threading.get_ident()


async def test_each_listener_has_terms_of_its_own(tmp_path: Path) -> None:
    """What the port of phones opens stays closed on every other."""
    keys = store(tmp_path)
    keys.save(CertificateKind.NODE, make_self_signed("node-1", now=datetime.now(UTC)))
    renewal = CertificateRenewal(LocalBus(), keys)
    phones, other = renewal.tls(CertificateKind.NODE), renewal.tls(CertificateKind.NODE)
    phones.renew(Terms(Suites.AUTHENTICATED, old_phones=True))
    assert other.terms == Terms()
