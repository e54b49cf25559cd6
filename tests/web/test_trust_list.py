"""The page of the CTL file."""

from __future__ import annotations

from datetime import UTC, datetime

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.administration.software_tokens import NewToken
from ringward.administration.trust_list import FetchedTrustList
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.service import CTL_PROVIDER
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from web.conftest import Browser, Time

PAGE = "/CMAdmin/trust-list"


def test_a_nonsecure_cluster_is_shown_the_steps_that_secure_it(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """CTL-28, CTL-03: what is missing is named, and goes away when it is done."""
    words = ada.get(PAGE).words
    assert "Nonsecure" in words
    assert "Activate the CTL Provider on node1" in words
    assert "Activate CAPF too" in words
    assert "two security tokens at least, the password of the one that signs and that of your account" in words
    assert "ringward ctl set-mixed-mode --server 192.0.2.1 --port 12444 --user" in words

    administration.service_control.activate(root, "node1", CTL_PROVIDER)
    assert "The CTL Provider runs on every server." in ada.get(PAGE).words


def test_a_file_that_no_ctl_client_left_is_a_warning(ada: Browser, administration: Administration) -> None:
    """CTL-40."""
    file = administration.key_store.directory.parent / "tftp" / "CTLFile.tlv"
    file.parent.mkdir()
    file.write_bytes(b"from a stranger")
    assert "was put there by no CTL client" in ada.get(PAGE).words


def test_a_phone_that_would_be_left_behind_leads_to_where_its_erased_file_is_noted(
    ada: Browser, administration: Administration, root: Actor, clock: Time
) -> None:
    """CTL-19."""
    clock.now = datetime.now(UTC).timestamp()
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node1", (), ("192.0.2.1",)))
    administration.phones.add(
        root, Phone("SEP00000000000A", "7961", Protocol.SIP, nonsecure_profile_name("7961", Protocol.SIP))
    )
    password = Secret("blue lamp 4711")
    administration.software_tokens.make(root, [NewToken(each, password) for each in ("blue", "red")])
    administration.software_tokens.sign(root, "blue", password, ClusterSecurityMode.MIXED)
    administration.ctl_file.record_fetched([FetchedTrustList("SEP00000000000A", b"of another cluster", 1)])

    ada.sign_in()  # the clock was set
    stranded = ada.get(PAGE)
    assert "0 of 1 phones whose list is known would follow" in stranded.words
    link = 'href="/CMAdmin/phone/why/SEP00000000000A#ctl-file"'
    assert link in stranded.text
    guided = ada.get("/CMAdmin/secure-cluster")
    assert link in guided.text and "erase the CTL file at each of them" in guided.words
    there = ada.get("/CMAdmin/phone/why/SEP00000000000A")
    assert 'id="ctl-file"' in there.text and "another one than that in force" in there.words
