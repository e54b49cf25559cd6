from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from administration.conftest import Time
from harness.statements import statements_of
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.certificates import ServerNames
from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.application_user import ApplicationUser
from ringward.domain.certificate import CertificateKind
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.service_parameters import CallManagerParameters, TftpParameters
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, Protocol
from ringward.phone.enrolment import public_part
from ringward.pki.certificates import Certificate
from ringward.store import feed

PROFILE = nonsecure_profile_name("7960", Protocol.SIP)


def _import(administration: Administration, ada: Actor, count: int) -> None:
    header = "device_name,model,protocol,security_profile,line_1_directory_number,digest_user\n"
    rows = (f"SEP{number:012X},7960,SIP,{PROFILE},{10_000 + number},bob\n" for number in range(count))
    report = administration.bulk.import_phones(ada, header + "".join(rows))
    assert report.errors == ()


@pytest.fixture
def cluster(administration: Administration, ada: Actor) -> Administration:
    administration.end_users.add(ada, EndUser("bob", digest_credentials=Secret("d1gest")))
    return administration


def _statements(administration: Administration) -> tuple[ClusterConfiguration, int]:
    with statements_of(administration.database) as executed:
        configuration = administration.configuration()
    return configuration, len(executed)


def test_it_holds_what_the_services_need(cluster: Administration, ada: Actor) -> None:
    _import(cluster, ada, 2)
    cluster.parameters.set_enterprise(ada, {"cluster_id": "Vienna"})
    cluster.parameters.set_service(ada, "node1", TftpParameters.title, {"maximum_serving_count": "7"})
    configuration = cluster.configuration()
    phone = configuration.of(Phone)["SEP000000000001"]
    assert phone == cluster.phones.get(ada, "SEP000000000001")
    assert phone.lines[0].number == "10001"
    credentials = configuration.of(EndUser)["bob"].digest_credentials
    assert credentials is not None
    assert credentials.reveal() == "d1gest"
    assert configuration.enterprise.cluster_id == "Vienna"
    assert configuration.tftp == {"node1": TftpParameters(maximum_serving_count=7)}
    assert configuration.call_manager == {"node1": CallManagerParameters()}
    assert configuration.find(Region, "Default") == Region("Default")
    assert configuration.find(Region, "Nowhere") is None
    assert [server.name for server in configuration.every(Server)] == ["node1"]


def test_it_holds_every_noun_but_the_accounts_of_administrators(cluster: Administration) -> None:
    assert set(cluster.configuration().records) == set(NOUNS) - {ApplicationUser.noun}


def test_it_tells_from_where_the_feed_goes_on(cluster: Administration, ada: Actor) -> None:
    configuration = cluster.configuration()
    cluster.records(Region).add(ada, Region("North"))
    with cluster.database.reading() as connection:
        assert [change.key for change in feed.since(connection, configuration.sequence)] == ["North"]
    assert cluster.configuration().sequence == configuration.sequence + 1


def test_it_shows_no_secret(cluster: Administration) -> None:
    assert "d1gest" not in repr(cluster.configuration())


def test_three_thousand_phones_are_read_in_few_queries_and_little_time(
    cluster: Administration, ada: Actor
) -> None:
    _, few = _statements(cluster)
    _import(cluster, ada, 3000)
    began = time.process_time()
    configuration, many = _statements(cluster)
    seconds = time.process_time() - began
    assert len(configuration.of(Phone)) == 3000
    assert len(configuration.of(DirectoryNumber)) == 3000
    assert many <= few + 2
    assert many < 45, "one or two for each noun"
    assert seconds < 1.5


FIRST, SECOND, NEW = "SEP00000000000A", "SEP00000000000B", "SEP000000000001"
KEY = public_part(rsa.generate_private_key(65537, 1024))
NULL = WantedOperation(
    CertificateOperation.INSTALL_UPGRADE, authentication_mode=CapfAuthenticationMode.NULL_STRING
)


def _phone(device: str) -> Phone:
    return Phone(device, "7961", Protocol.SIP, "Own")


def _issue(cluster: Administration, ada: Actor) -> Certificate:
    """CAPF gives a phone its certificate."""
    cluster.certificate_operations.give(ada, NULL, devices=[SECOND])
    pending = cluster.enrolment.pending(SECOND)
    assert pending is not None
    certificate = cluster.enrolment.issue(pending, KEY, cluster.key_store.load(CertificateKind.CAPF), 5)
    cluster.enrolment.installed(pending, certificate)
    return certificate


OF_PHONES: dict[str, Callable[[Administration, Actor], object]] = {
    "nothing": lambda cluster, ada: None,
    "a phone is changed": lambda cluster, ada: cluster.phones.update(ada, SECOND, {"description": "desk"}),
    "a phone is removed": lambda cluster, ada: cluster.phones.remove(ada, SECOND),
    "a phone is new": lambda cluster, ada: cluster.phones.add(ada, _phone(NEW)),
    "a phone is renamed": lambda cluster, ada: cluster.phones.update(ada, SECOND, {"device_name": NEW}),
    "a certificate is pending": lambda cluster, ada: cluster.certificate_operations.give(
        ada, NULL, devices=[SECOND]
    ),
    "a certificate is issued": lambda cluster, ada: _issue(cluster, ada),
    "a second certificate": lambda cluster, ada: (_issue(cluster, ada), _issue(cluster, ada)),
    "a certificate is revoked": lambda cluster, ada: (
        _issue(cluster, ada),
        cluster.device_certificates.revoke(ada, SECOND),
    ),
}
OF_MORE: dict[str, Callable[[Administration, Actor], object]] = {
    "a region is new": lambda cluster, ada: cluster.records(Region).add(ada, Region("North")),
    "a profile is renamed": lambda cluster, ada: cluster.records(PhoneSecurityProfile).update(
        ada, "Own", {"name": "Ours"}
    ),
    "a parameter is set": lambda cluster, ada: cluster.parameters.set_enterprise(ada, {"cluster_id": "Vienna"}),
}


@pytest.mark.parametrize("change", OF_PHONES | OF_MORE)
def test_what_is_brought_up_to_date_is_as_if_it_were_all_read_anew(
    cluster: Administration, ada: Actor, clock: Time, change: str
) -> None:
    clock.now = datetime.now(UTC).timestamp()
    cluster.certificates.make_missing((CertificateKind.CAPF,), ServerNames("node1"))
    cluster.records(PhoneSecurityProfile).add(ada, PhoneSecurityProfile("Own", "7961", Protocol.SIP).settled())
    for device in (FIRST, SECOND):
        cluster.phones.add(ada, _phone(device))
    before = cluster.configuration()
    (OF_PHONES | OF_MORE)[change](cluster, ada)
    after, anew = cluster.configuration(before), cluster.configuration()
    assert after == anew
    assert list(after.of(Phone)) == list(anew.of(Phone))
    same = after.of(Phone)[FIRST] is before.of(Phone)[FIRST]
    assert same == (change in OF_PHONES), "what has not changed is not read again"
