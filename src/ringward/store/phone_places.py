"""The phones that a change concerns, by the scopes of the guide's table: found by the database, not one by one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, false, select, true

from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.rules.reset import Scope
from ringward.domain.vocabulary import BuiltInBridge, Protocol
from ringward.store.tables import TABLES

_phone = TABLES["phone"].table
(_lines,) = (each.table for each in TABLES["phone"].lists if each.item.name == "lines")
_pool = TABLES["device-pool"].table
(_servers,) = (each.table for each in TABLES["call-manager-group"].lists if each.item.name == "servers")


def devices_in(connection: Connection, scope: Scope, noun: str, key: str) -> list[str]:
    """The names of the phones in a set, seen from the record that ``noun`` and ``key`` name, in order."""
    found = select(_phone.c.device_name).where(_condition(scope, noun, key)).order_by(_phone.c.device_name)
    return list(connection.execute(found).scalars().all())  # all at once: there may be twenty thousand


def _condition(scope: Scope, noun: str, key: str) -> ColumnElement[bool]:
    match scope:
        case Scope.ALL_PHONES | Scope.ALL_DEVICES:
            return true()
        case Scope.THIS_PHONE:
            return _phone.c.device_name == key
        case Scope.PROFILE:
            return _phone.c.security_profile == key
        case Scope.NUMBER:
            return _has_number(key)
        case Scope.DIGEST_USER:
            return _phone.c.digest_user == key
        case Scope.DEFAULT_BRIDGE:
            return _phone.c.built_in_bridge == BuiltInBridge.DEFAULT.value
        case Scope.POOL:
            return _phone.c.device_pool == key
        case Scope.GROUP if noun == DateTimeGroup.noun:
            return _in_pool(_pool.c.date_time_group == key)
        case Scope.GROUP if noun == CallManagerGroup.noun:
            return _in_pool(_pool.c.call_manager_group == key)
        case Scope.SERVER:
            return _of_server(key)
        case Scope.SIP_SERVER:
            return and_(_of_server(key), _phone.c.protocol == Protocol.SIP.value)
    return false()


def _has_number(key: str) -> ColumnElement[bool]:
    try:
        number, partition = DirectoryNumber.split_key(key)
    except ValueError:
        return false()
    return exists(
        select(_lines.c.position).where(
            _lines.c.owner_device_name == _phone.c.device_name,
            _lines.c.directory_number_number == number,
            _lines.c.directory_number_partition == partition,
        )
    )


def _in_pool(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return _phone.c.device_pool.in_(select(_pool.c.name).where(which))


def _of_server(name: str) -> ColumnElement[bool]:
    """Phones in whose pool's group the server is (CLUSTER-22)."""
    return _in_pool(_pool.c.call_manager_group.in_(select(_servers.c.owner_name).where(_servers.c.value == name)))
