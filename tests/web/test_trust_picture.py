"""The trust picture and the certificate calendar: what they show is what is so, and stands in a table, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.administration.software_tokens import NewToken
from ringward.domain.certificate import MADE_AT_INSTALLATION, CertificateKind
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.web.certificate_calendar import HEIGHT, WIDTH, Ending, certificate_calendar
from ringward.web.trust_picture import Bond, Party, trust_picture
from web.conftest import Browser, Time

NOW = datetime(2026, 11, 25, tzinfo=UTC)
GROUPS = ("servers", "phones")


def test_each_certificate_stands_in_its_month() -> None:
    endings = [
        Ending(NOW + timedelta(days=2), "servers", "node"),
        Ending(NOW + timedelta(days=3), "phones", "SEP1"),
        Ending(NOW + timedelta(days=40), "phones", "SEP2"),
        Ending(NOW - timedelta(days=1), "phones", "SEP3"),
        Ending(NOW + timedelta(days=4000), "servers", "far"),
    ]
    calendar = certificate_calendar(endings, GROUPS, NOW, ("servers",))
    assert calendar.rows == (("2026-11", (1, 1), "node"), ("2027-01", (0, 1), ""))
    assert [each.name for each in calendar.expired] == ["SEP3"]
    assert calendar.later == 1
    assert len(calendar.bars) == 3
    for bar in calendar.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
    assert calendar.bars[0].y == pytest.approx(calendar.bars[1].y + calendar.bars[1].height, abs=0.2), "stacked"


def test_no_certificate_is_a_calendar_too() -> None:
    calendar = certificate_calendar([], GROUPS, NOW, ())
    assert (calendar.bars, calendar.rows, calendar.later) == ((), (), 0)


def test_no_two_boxes_meet_and_each_bond_has_its_arrow() -> None:
    parties = [Party("a", "", 0), Party("b", "", 1), Party("c", "x" * 99, 1), Party("d", "", 2)]
    bonds = [Bond("a", "signs", "b"), Bond("d", "trusts", "b"), Bond("b", "lists", "c")]
    picture = trust_picture(parties, bonds)
    places = {(box.x, box.y) for box in picture.boxes}
    assert len(places) == len(parties)
    assert [(each.verb, each.words) for each in picture.arrows] == [
        ("signs", "a signs b"),
        ("trusts", "d trusts b"),
        ("lists", "b lists c"),
    ]
    assert max(len(box.note) for box in picture.boxes) < 30


def test_the_pages_tell_of_a_secured_cluster(
    administration: Administration, root: Actor, ada: Browser, grace: Browser, clock: Time
) -> None:
    """CTL-03: tokens, CAPF and the call manager, and who signed whom."""
    assert "does what" in ada.get("/Platform/trust-picture").words
    clock.now = datetime.now(UTC).timestamp()
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node1", (), ("192.0.2.1",)))
    administration.certificates.activate(root, CertificateKind.CAPF)
    tokens = (NewToken("blue", Secret("blue lamp 42")), NewToken("red", Secret("red lamp 4711")))
    administration.software_tokens.make(root, tokens)
    administration.software_tokens.sign(root, "blue", tokens[0].password, ClusterSecurityMode.MIXED)
    ada.sign_in()
    words = ada.get("/Platform/trust-picture").words
    for sentence in (
        "Token CA signs SAST blue",
        "SAST blue signs CTL file",
        "CTL file lists SAST red",
        "CTL file lists Call manager",
        "CAPF signs LSCs of phones",
        "Each phone trusts CTL file",
    ):
        assert sentence in words, words
    words = ada.get("/Platform/certificate-calendar").words
    assert "Certificates that end in the next five years" in words
    grace.sign_in("grace")
    assert grace.get("/Platform/trust-picture").status == 200
