"""The page of the CTL file."""

from __future__ import annotations

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.service import CTL_PROVIDER
from web.conftest import Browser

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
