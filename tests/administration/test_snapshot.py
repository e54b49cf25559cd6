from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import event

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.application_user import ApplicationUser
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.service_parameters import CallManagerParameters, TftpParameters
from ringward.domain.vocabulary import Protocol
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
    executed: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    engine = administration.database.engine
    event.listen(engine, "before_cursor_execute", note)
    configuration = administration.configuration()
    event.remove(engine, "before_cursor_execute", note)
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
