"""Which change needs which reset or restart before it comes into force (the guide's table, RST-01 to RST-28).

One row per field of every noun and parameter, so that a new field cannot be forgotten. Everything else comes
into force at once, as the services follow the configuration by themselves; for that reason RST-19 needs no restart
of the TFTP service here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType


class DeviceAction(IntEnum):
    """What the devices concerned must go through; the greater one does all that the smaller one does (R-21)."""

    NONE = 0
    RESTART = 1
    """Register again and read the files again."""
    RESET = 2
    """The same after a reboot."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is still to be done before a change is in force."""

    devices: DeviceAction
    scope: str
    """Which devices, in words: "this phone"."""
    service: str
    """The service to restart beforehand; empty for none."""
    requirement: str = ""
    """The row of the guide's table."""

    @property
    def text(self) -> str:
        """The instruction, as an administrator reads it after Save."""
        steps = []
        if self.service:
            steps.append(f"restart the service {self.service}")
        if self.devices is not DeviceAction.NONE:
            steps.append(f"{self.devices.name.lower()} {self.scope}")
        sentence = ", then ".join(steps)
        return f"{sentence[:1].upper()}{sentence[1:]} for the change to come into force."

    def joined(self, other: Due) -> Due:
        """One instruction that does what this and another one for the same devices do."""
        wider = max(self, other, key=lambda due: (due.devices, bool(due.service)))
        return replace(wider, service=self.service or other.service)


_CALL_MANAGER = "Cisco CallManager"
_TFTP = "Cisco TFTP"

_AT_ONCE = None
_PHONE_FILE = Due(DeviceAction.RESTART, "this phone", "", "RST-16")
_HARDENING = Due(DeviceAction.RESET, "this phone", "", "RST-02")
_PROFILE = Due(DeviceAction.RESET, "all phones that have this profile", "", "RST-26")
_LINES = Due(DeviceAction.RESTART, "all phones that have this number", "", "RST-16")
_GROUP = Due(DeviceAction.RESTART, "all phones in device pools with this group", "", "RST-16")
_POOL = Due(DeviceAction.RESTART, "all phones in this device pool", "", "RST-16")
_DIGEST_USER = Due(DeviceAction.RESET, "all phones that have this digest user", "", "RST-17")
_ALL_PHONES = Due(DeviceAction.RESTART, "all phones", "", "RST-16")
_SERVICE = Due(DeviceAction.NONE, "", _CALL_MANAGER)
_TFTP_SERVICE = Due(DeviceAction.NONE, "", _TFTP)

_TABLE: Mapping[str, Mapping[str, Due | None]] = MappingProxyType(
    {
        "server": {
            "name": _AT_ONCE,
            "address": Due(DeviceAction.RESET, "all phones of this server", _CALL_MANAGER, "RST-07"),
            "description": _AT_ONCE,
            "ethernet_phone_port": Due(DeviceAction.RESET, "all phones of this server", _CALL_MANAGER, "RST-07"),
            "sip_phone_port": Due(DeviceAction.RESET, "all SIP phones of this server", _CALL_MANAGER, "RST-08"),
            "sip_phone_secure_port": Due(
                DeviceAction.RESET, "all SIP phones of this server", _CALL_MANAGER, "RST-08"
            ),
            "first_node": _AT_ONCE,
        },
        "call-manager-group": {"name": _AT_ONCE, "servers": _GROUP},
        "date-time-group": {"name": _AT_ONCE, "time_zone": _GROUP, "date_template": _GROUP, "ntp_servers": _GROUP},
        "region": {"name": _AT_ONCE, "description": _AT_ONCE, "codec_within": _AT_ONCE, "codec_between": _AT_ONCE},
        "device-pool": {
            "name": _AT_ONCE,
            "call_manager_group": _POOL,
            "date_time_group": _POOL,
            "region": _AT_ONCE,
        },
        "partition": {"name": _AT_ONCE, "description": _AT_ONCE},
        "calling-search-space": {"name": _AT_ONCE, "description": _AT_ONCE, "partitions": _AT_ONCE},
        "directory-number": {
            "number": _LINES,
            "partition": _AT_ONCE,
            "description": _AT_ONCE,
            "alerting_name": _AT_ONCE,
            "calling_search_space": _AT_ONCE,
            "forward_all": _AT_ONCE,
            "forward_busy": _AT_ONCE,
            "forward_no_answer": _AT_ONCE,
            "forward_unregistered": _AT_ONCE,
            "no_answer_ring_duration": _AT_ONCE,
            "forward_search_space": _AT_ONCE,
        },
        "phone-security-profile": {
            "name": _PROFILE,
            "model": _PROFILE,
            "protocol": _PROFILE,
            "description": _AT_ONCE,
            "device_security_mode": _PROFILE,
            "transport_type": _PROFILE,
            "digest_authentication": _PROFILE,
            "nonce_validity_time": _AT_ONCE,
            "tftp_encrypted_config": Due(DeviceAction.RESET, "all phones that have this profile", "", "RST-19"),
            "exclude_digest_credentials": Due(
                DeviceAction.RESET, "all phones that have this profile", "", "RST-21"
            ),
            "authentication_mode": _PROFILE,
            "key_size": _PROFILE,
            "sip_phone_port": _PROFILE,
            "predefined": _AT_ONCE,
        },
        "end-user": {
            "user_id": _DIGEST_USER,
            "last_name": _AT_ONCE,
            "first_name": _AT_ONCE,
            "password": _AT_ONCE,
            "digest_credentials": _DIGEST_USER,
        },
        "application-user": {"name": _AT_ONCE, "password": _AT_ONCE, "permissions_role": _AT_ONCE},
        "phone": {
            "device_name": _PHONE_FILE,
            "model": _PHONE_FILE,
            "protocol": _PHONE_FILE,
            "security_profile": Due(DeviceAction.RESET, "this phone", "", "RST-01"),
            "description": _PHONE_FILE,
            "device_pool": _PHONE_FILE,
            "calling_search_space": _AT_ONCE,
            "owner": _AT_ONCE,
            "digest_user": Due(DeviceAction.RESET, "this phone", "", "RST-17"),
            "lines": _PHONE_FILE,
            "load_information": _PHONE_FILE,
            "built_in_bridge": Due(DeviceAction.RESET, "this phone", "", "RST-15"),
            "phone_password": _PHONE_FILE,
            "pc_port": _HARDENING,
            "settings_access": _HARDENING,
            "gratuitous_arp": _HARDENING,
            "pc_voice_vlan_access": _HARDENING,
            "web_access": _HARDENING,
        },
        "enterprise-parameters": {
            "cluster_id": _AT_ONCE,  # RST-28
            "cluster_security_mode": Due(
                DeviceAction.RESET, "all devices", f"{_CALL_MANAGER} on all servers", "RST-03"
            ),
            "device_security_mode": _AT_ONCE,
            "enable_dependency_records": _AT_ONCE,
            "url_authentication": _ALL_PHONES,
            "url_directories": _ALL_PHONES,
            "url_idle": _ALL_PHONES,
            "url_idle_time": _ALL_PHONES,
            "url_information": _ALL_PHONES,
            "url_messages": _ALL_PHONES,
            "url_services": _ALL_PHONES,
        },
        "call-manager-parameters": {
            "sip_station_realm": _AT_ONCE,  # RST-28
            "sip_registration_default": _AT_ONCE,
            "sip_registration_minimum": _AT_ONCE,
            "sip_registration_maximum": _AT_ONCE,
            "sip_keepalive_interval": _ALL_PHONES,
            "sip_timer_t1": _SERVICE,
            "sip_timer_t2": _SERVICE,
            "sip_invite_expires": _AT_ONCE,
            "forward_no_answer_timer": _AT_ONCE,
            "built_in_bridge_enable": Due(
                DeviceAction.RESET, "all phones whose Built In Bridge is Default", "", "RST-15"
            ),
        },
        "tftp-parameters": {
            "enable_caching": _TFTP_SERVICE,
            "maximum_serving_count": _TFTP_SERVICE,
            "retransmission_timeout": _TFTP_SERVICE,
            "maximum_retransmissions": _TFTP_SERVICE,
        },
    }
)


def due_after(noun: str, changed: Iterable[str]) -> tuple[Due, ...]:
    """What is to be done after these fields of a record were changed: one instruction for each set of devices.

    A new record needs nothing: no device has read it yet.
    """
    by_scope: dict[str, Due] = {}
    for field in changed:
        due = _TABLE[noun][field]
        if due is not None:
            by_scope[due.scope] = due.joined(by_scope.get(due.scope, due))
    return tuple(by_scope.values())
