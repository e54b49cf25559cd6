"""The CTL file signed on the server by software tokens, and who is ready for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from administration.conftest import Time
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.administration.readiness import Holders
from ringward.administration.software_tokens import NewToken
from ringward.administration.trust_list import FetchedTrustList
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.errors import Invalid, NotAllowed, Refused
from ringward.domain.rules.readiness import Readiness
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list import TrustListKind
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.listing import verify_signature
from ringward.pki.tokens.token import TokenError, WrongTokenPassword
from ringward.store.audit import AuditFilter, Outcome

BLUE, RED = NewToken("blue", Secret("blue lamp 42")), NewToken("red", Secret("red lamp 4711"))
MIXED = ClusterSecurityMode.MIXED
PHONE = "SEP000000000001"


@pytest.fixture
def office(administration: Administration, ada: Actor, clock: Time) -> Administration:
    clock.now = datetime.now(UTC).timestamp()
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node1", (), ("192.0.2.1",)))
    administration.bulk.import_phones(ada, f"device_name,model\n{PHONE},7961\nSEP000000000002,7905\n")
    return administration


def test_two_tokens_are_made_and_one_signs_the_cluster_into_mixed_mode(office: Administration, ada: Actor) -> None:
    """CTL-03, CTL-11, TOK-02."""
    office.software_tokens.make(ada, (BLUE, RED))
    assert {each.label for each in office.software_tokens.find(ada)} == {"blue", "red"}
    steps = office.software_tokens.sign(ada, "blue", BLUE.password, MIXED)
    assert any("eset" in step for step in steps)
    assert office.ctl_file.cluster(ada).mode is MIXED
    content = office.ctl_file.present(ada).content
    file = trust_list.parse(content)
    file.check(TrustListKind.CTL, file.trust.list_signer(file.header.signer), verify_signature)
    assert len(tokens_of(file.trust)) == 2

    assert office.readiness.holders(ada) == Holders(0, 0, 2)
    office.ctl_file.record_fetched([FetchedTrustList(PHONE, content, 1)])
    assert office.readiness.holders(ada) == Holders(1, 0, 1)
    office.software_tokens.sign(ada, "red", RED.password, MIXED)
    assert office.readiness.holders(ada) == Holders(0, 1, 1), "an update is another edition"


def test_the_report_tells_of_each_phone_what_becomes_of_it(office: Administration, ada: Actor) -> None:
    expected = office.readiness.expectations(ada)
    found = {phone.device: each.readiness for each in expected for phone in each.phones}
    assert sum(each.count for each in expected) == 2
    assert found == {PHONE: Readiness.BY_PROFILE, "SEP000000000002": Readiness.BY_MODEL}


@pytest.mark.parametrize(
    "wanted",
    [
        (BLUE, NewToken("red", Secret("short"))),
        (BLUE, NewToken("blue", Secret("red lamp 4711"))),
        (BLUE, NewToken("../red", Secret("red lamp 4711"))),
        (BLUE, NewToken("", Secret("red lamp 4711"))),
    ],
)
def test_both_tokens_are_made_or_none(
    office: Administration, ada: Actor, wanted: tuple[NewToken, NewToken]
) -> None:
    with pytest.raises(Invalid) as caught:
        office.software_tokens.make(ada, wanted)
    assert "lamp" not in str(caught.value)
    assert office.software_tokens.find(ada) == ()


def test_a_wrong_password_signs_nothing(office: Administration, ada: Actor) -> None:
    office.software_tokens.make(ada, (BLUE, RED))
    with pytest.raises(WrongTokenPassword):
        office.software_tokens.sign(ada, "blue", RED.password, MIXED)
    for label in ("green", "../blue"):
        with pytest.raises(TokenError):
            office.software_tokens.sign(ada, label, BLUE.password, MIXED)
    denied = office.audit.find(ada, AuditFilter(outcome=Outcome.DENIED)).entries
    assert [each.permission for each in denied] == ["trust-list.update"] * 3, "every attempt is in the log"
    assert "attempts left" in denied[2].after["reason"]
    assert office.ctl_file.cluster(ada).mode is ClusterSecurityMode.NONSECURE


def test_one_token_alone_a_name_for_an_address_and_a_second_server_are_refused(
    office: Administration, ada: Actor
) -> None:
    office.software_tokens.make(ada, (BLUE,))
    with pytest.raises(Refused, match="2 security tokens"):
        office.software_tokens.sign(ada, "blue", BLUE.password, MIXED)
    office.software_tokens.make(ada, (RED,))
    office.records(Server).update(ada, "node1", {"address": "node1.example.com"})
    with pytest.raises(Refused, match="put the address there"):
        office.software_tokens.sign(ada, "blue", BLUE.password, MIXED)
    office.records(Server).add(ada, Server("node2", "192.0.2.2"))
    with pytest.raises(Refused, match="several servers"):
        office.software_tokens.sign(ada, "blue", BLUE.password, MIXED)


def test_who_may_only_look_makes_and_signs_nothing(office: Administration, ada: Actor, guest: Actor) -> None:
    with pytest.raises(NotAllowed):
        office.software_tokens.make(guest, (BLUE, RED))
    office.software_tokens.make(ada, (BLUE, RED))
    with pytest.raises(NotAllowed):
        office.software_tokens.sign(guest, "blue", BLUE.password, MIXED)
