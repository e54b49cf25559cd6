from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.server import Server
from ringward.store import parameters
from ringward.store.database import Database
from ringward.store.repository import Repositories


def test_enterprise_texts_are_replaced_as_a_whole(database: Database) -> None:
    with database.writing() as connection:
        assert parameters.enterprise_texts(connection) == {}
        parameters.write_enterprise_texts(connection, {"a": "1", "b": "2"})
        parameters.write_enterprise_texts(connection, {"b": "3"})
        assert parameters.enterprise_texts(connection) == {"b": "3"}
        parameters.write_enterprise_texts(connection, {})
        assert parameters.enterprise_texts(connection) == {}


def test_service_texts_belong_to_a_server_and_a_service(installed: Database, repositories: Repositories) -> None:
    """CLUSTER-21: service parameters are per server."""
    with installed.writing() as connection:
        repositories.of(Server).add(connection, Server("node2", "192.0.2.2"))
        parameters.write_service_texts(connection, "node1", "Cisco TFTP", {"a": "1"})
        parameters.write_service_texts(connection, "node2", "Cisco TFTP", {"a": "2"})
        parameters.write_service_texts(connection, "node1", "Cisco CallManager", {"a": "3"})
        parameters.write_service_texts(connection, "node1", "Cisco TFTP", {"b": "4"})
        assert parameters.service_texts(connection, "node1", "Cisco TFTP") == {"b": "4"}
        assert parameters.all_service_texts(connection) == {
            ("node1", "Cisco TFTP"): {"b": "4"},
            ("node2", "Cisco TFTP"): {"a": "2"},
            ("node1", "Cisco CallManager"): {"a": "3"},
        }


def test_service_texts_follow_their_server_and_go_with_it(installed: Database, repositories: Repositories) -> None:
    with installed.writing() as connection:
        parameters.write_service_texts(connection, "node1", "Cisco TFTP", {"a": "1"})
        repositories.of(Server).update(connection, Server("node1", "192.0.2.1"), Server("first", "192.0.2.1"))
        assert parameters.service_texts(connection, "first", "Cisco TFTP") == {"a": "1"}
        repositories.of(Server).add(connection, Server("node2", "192.0.2.2"))
        groups = repositories.of(CallManagerGroup)
        groups.update(connection, groups.get(connection, "Default"), CallManagerGroup("Default", ("node2",)))
        repositories.of(Server).remove(connection, "first")
        assert parameters.all_service_texts(connection) == {}


def test_texts_of_a_server_that_is_not_there_are_refused_by_the_database(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        parameters.write_service_texts(connection, "nowhere", "Cisco TFTP", {"a": "1"})
