"""Which change needs which reset or restart before it comes into force (the guide's table, RST-01 to RST-28).

One row per field of every noun and parameter, so that a new field cannot be forgotten. Everything else comes
into force at once, as the services follow the configuration by themselves; for that reason RST-19 needs no restart
of the TFTP service here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType


class DeviceAction(IntEnum):
    """What the devices concerned must go through; the greater one does all that the smaller one does (R-21)."""

    NONE = 0
    RESTART = 1
    """Register again and read the files again."""
    RESET = 2
    """The same after a reboot."""


class Scope(StrEnum):
    """Which devices a change concerns, in words; seen from the record that was changed."""

    NONE = ""
    THIS_PHONE = "this phone"
    PROFILE = "all phones that have this profile"
    NUMBER = "all phones that have this number"
    GROUP = "all phones in device pools with this group"
    POOL = "all phones in this device pool"
    DIGEST_USER = "all phones that have this digest user"
    SERVER = "all phones of this server"
    SIP_SERVER = "all SIP phones of this server"
    DEFAULT_BRIDGE = "all phones whose Built In Bridge is Default"
    ALL_PHONES = "all phones"
    ALL_DEVICES = "all devices"


@dataclass(frozen=True, slots=True)
class Due:
    """What is still to be done before a change is in force."""

    devices: DeviceAction
    scope: Scope
    """Which devices."""
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

    @property
    def service_name(self) -> str:
        """The service alone, wherever it runs; empty for none."""
        return self.service.removesuffix(" on all servers")

    def joined(self, other: Due) -> Due:
        """One instruction that does what this and another one for the same devices do."""
        wider = max(self, other, key=lambda due: (due.devices, bool(due.service)))
        return replace(wider, service=self.service or other.service)


_CALL_MANAGER = "Cisco CallManager"
_TFTP = "Cisco TFTP"
_CAPF = "Cisco Certificate Authority Proxy Function"

_AT_ONCE = None
_PHONE_FILE = Due(DeviceAction.RESTART, Scope.THIS_PHONE, "", "RST-16")
_HARDENING = Due(DeviceAction.RESET, Scope.THIS_PHONE, "", "RST-02")
_PROFILE = Due(DeviceAction.RESET, Scope.PROFILE, "", "RST-26")
_LINES = Due(DeviceAction.RESTART, Scope.NUMBER, "", "RST-16")
_GROUP = Due(DeviceAction.RESTART, Scope.GROUP, "", "RST-16")
_POOL = Due(DeviceAction.RESTART, Scope.POOL, "", "RST-16")
_DIGEST_USER = Due(DeviceAction.RESET, Scope.DIGEST_USER, "", "RST-17")
_ALL_PHONES = Due(DeviceAction.RESTART, Scope.ALL_PHONES, "", "RST-16")
_SERVICE = Due(DeviceAction.NONE, Scope.NONE, _CALL_MANAGER)
_CAPF_SERVICE = Due(DeviceAction.NONE, Scope.NONE, _CAPF)
_TFTP_SERVICE = Due(DeviceAction.NONE, Scope.NONE, _TFTP)
_CTL_PROVIDER_SERVICE = Due(DeviceAction.NONE, Scope.NONE, "Cisco CTL Provider", "RST-06")

_TABLE: Mapping[str, Mapping[str, Due | None]] = MappingProxyType(
    {
        "server": {
            "name": _AT_ONCE,
            "address": Due(DeviceAction.RESET, Scope.SERVER, _CALL_MANAGER, "RST-07"),
            "description": _AT_ONCE,
            "ethernet_phone_port": Due(DeviceAction.RESET, Scope.SERVER, _CALL_MANAGER, "RST-07"),
            "sip_phone_port": Due(DeviceAction.RESET, Scope.SIP_SERVER, _CALL_MANAGER, "RST-08"),
            "sip_phone_secure_port": Due(DeviceAction.RESET, Scope.SIP_SERVER, _CALL_MANAGER, "RST-08"),
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
            "pickup_group": _AT_ONCE,
        },
        "pickup-group": {"number": _AT_ONCE, "partition": _AT_ONCE, "description": _AT_ONCE},
        "line-group": {
            "name": _AT_ONCE,
            "description": _AT_ONCE,
            "distribution_algorithm": _AT_ONCE,
            "rna_reversion_timeout": _AT_ONCE,
            "members": _AT_ONCE,
        },
        "hunt-pilot": {
            "number": _AT_ONCE,
            "partition": _AT_ONCE,
            "description": _AT_ONCE,
            "hunt_list": _AT_ONCE,
            "maximum_hunt_timer": _AT_ONCE,
            "forward_no_answer": _AT_ONCE,
            "forward_busy": _AT_ONCE,
            "forward_search_space": _AT_ONCE,
        },
        "park-number": {
            "number": _AT_ONCE,
            "partition": _AT_ONCE,
            "description": _AT_ONCE,
            "reversion_number": _AT_ONCE,
            "reversion_search_space": _AT_ONCE,
        },
        "auto-registration": {
            "server": _AT_ONCE,
            "first": _AT_ONCE,
            "last": _AT_ONCE,
            "enabled": _AT_ONCE,
            "partition": _AT_ONCE,
            "device_pool": _AT_ONCE,
            "calling_search_space": _AT_ONCE,
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
            "tftp_encrypted_config": Due(DeviceAction.RESET, Scope.PROFILE, "", "RST-19"),
            "exclude_digest_credentials": Due(DeviceAction.RESET, Scope.PROFILE, "", "RST-21"),
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
            "user_groups": _AT_ONCE,
        },
        "application-user": {"name": _AT_ONCE, "password": _AT_ONCE, "user_groups": _AT_ONCE},
        "role": {"name": _AT_ONCE, "description": _AT_ONCE, "permissions": _AT_ONCE, "predefined": _AT_ONCE},
        "user-group": {"name": _AT_ONCE, "description": _AT_ONCE, "roles": _AT_ONCE, "predefined": _AT_ONCE},
        "phone": {
            "device_name": _PHONE_FILE,
            "model": _PHONE_FILE,
            "protocol": _PHONE_FILE,
            "security_profile": Due(DeviceAction.RESET, Scope.THIS_PHONE, "", "RST-01"),
            "description": _PHONE_FILE,
            "device_pool": _PHONE_FILE,
            "calling_search_space": _AT_ONCE,
            "owner": _AT_ONCE,
            "digest_user": Due(DeviceAction.RESET, Scope.THIS_PHONE, "", "RST-17"),
            "do_not_disturb": _AT_ONCE,
            "certificate_operation": Due(DeviceAction.RESET, Scope.THIS_PHONE, "", "RST-01"),
            "authentication_string": _AT_ONCE,
            "operation_completes_by": _AT_ONCE,
            "operation_status": _AT_ONCE,
            "lines": _PHONE_FILE,
            "load_information": _PHONE_FILE,
            "built_in_bridge": Due(DeviceAction.RESET, Scope.THIS_PHONE, "", "RST-15"),
            "phone_password": _PHONE_FILE,
            "symmetric_key": _PHONE_FILE,
            "pc_port": _HARDENING,
            "settings_access": _HARDENING,
            "gratuitous_arp": _HARDENING,
            "pc_voice_vlan_access": _HARDENING,
            "web_access": _HARDENING,
        },
        "backup-schedule": {
            "name": _AT_ONCE,
            "enabled": _AT_ONCE,
            "frequency": _AT_ONCE,
            "weekday": _AT_ONCE,
            "hour": _AT_ONCE,
            "directory": _AT_ONCE,
            "kept": _AT_ONCE,
            "public_key": _AT_ONCE,
        },
        "enterprise-parameters": {
            "cluster_id": _AT_ONCE,  # RST-28
            "cluster_security_mode": Due(
                DeviceAction.RESET, Scope.ALL_DEVICES, f"{_CALL_MANAGER} on all servers", "RST-03"
            ),
            "device_security_mode": _AT_ONCE,
            "admit_old_phones": _AT_ONCE,
            "enable_dependency_records": _AT_ONCE,
            "identity_trust_list": _ALL_PHONES,
            "capf_operation_expires": _AT_ONCE,  # RST-05 restarts services that ask for nothing here
            "password_shortest": _AT_ONCE,
            "password_kinds": _AT_ONCE,
            "password_history": _AT_ONCE,
            "second_factor_demanded": _AT_ONCE,
            "password_days": _AT_ONCE,
            "password_without_user_id": _AT_ONCE,
            "sign_in_attempts": _AT_ONCE,
            "longest_lock_out": _AT_ONCE,
            "session_idle": _AT_ONCE,
            "session_longest": _AT_ONCE,
            "sessions_of_one": _AT_ONCE,
            "syslog_server": _AT_ONCE,
            "syslog_transport": _AT_ONCE,
            "syslog_port": _AT_ONCE,
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
            "call_park_reversion_timer": _AT_ONCE,
            "directed_call_pickup_code": _AT_ONCE,
            "built_in_bridge_enable": Due(DeviceAction.RESET, Scope.DEFAULT_BRIDGE, "", "RST-15"),
        },
        "tftp-parameters": {
            "enable_caching": _TFTP_SERVICE,
            "maximum_serving_count": _TFTP_SERVICE,
            "retransmission_timeout": _TFTP_SERVICE,
            "maximum_retransmissions": _TFTP_SERVICE,
        },
        "capf-parameters": {
            "certificate_validity": _CAPF_SERVICE,
            "smallest_key_size": _CAPF_SERVICE,
            "maximum_key_generation_retries": _CAPF_SERVICE,
            "key_generation_timeout": _CAPF_SERVICE,
            "wrong_authentication_strings": _CAPF_SERVICE,
            "accept_sha1_signatures": _CAPF_SERVICE,
            "announce_authentication_type": _CAPF_SERVICE,
            "renewal_days": _AT_ONCE,
            "renewal_begin": _AT_ONCE,
            "renewal_end": _AT_ONCE,
            "renewal_wave": _AT_ONCE,
            "old_tls": _CAPF_SERVICE,
            "trace_level": _AT_ONCE,
        },
        "ctl-provider-parameters": {"port_number": _CTL_PROVIDER_SERVICE},
    }
)


_EVERYWHERE = " on all servers"
_AFTER_TRUST_LIST = (
    Due(DeviceAction.RESTART, Scope.ALL_DEVICES, _CALL_MANAGER + _EVERYWHERE, "RST-04"),
    Due(DeviceAction.NONE, Scope.NONE, _TFTP + _EVERYWHERE, "RST-04"),
)
_AFTER_CTL_PROVIDER = (
    Due(DeviceAction.NONE, Scope.NONE, _CALL_MANAGER + _EVERYWHERE, "RST-10"),
    Due(DeviceAction.NONE, Scope.NONE, _TFTP + _EVERYWHERE, "RST-10"),
)
_TRUST_LIST_UPDATE = "trust-list.update"
ACTS = (
    _TRUST_LIST_UPDATE,
    *(f"service.{act}" for act in ("activate", "deactivate", "start", "stop", "restart")),
)
"""Acts that may ask for resets and restarts though they change no field of a record."""


def due_after_act(act: str, key: str) -> tuple[Due, ...]:
    """What is to be done after one of :data:`ACTS` on what has this key (RST-04, RST-10)."""
    if act == _TRUST_LIST_UPDATE:
        return _AFTER_TRUST_LIST
    return _AFTER_CTL_PROVIDER if act in ACTS and key.endswith("/Cisco CTL Provider") else ()


def due_after(noun: str, changed: Iterable[str]) -> tuple[Due, ...]:
    """What is to be done after these fields of a record were changed: one instruction for each set of devices.

    A new record needs nothing: no device has read it yet.
    """
    by_scope: dict[Scope, Due] = {}
    for field in changed:
        due = _TABLE[noun][field]
        if due is not None:
            by_scope[due.scope] = due.joined(by_scope.get(due.scope, due))
    return tuple(by_scope.values())
