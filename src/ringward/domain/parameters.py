"""Enterprise parameters, valid for the whole cluster, and service parameters, per server and service.

They are stored as texts by name, only where they differ from the default. :func:`read_parameters` makes of such
texts a record with typed fields; the fields are described with the same settings as those of the nouns, so that
help and limits are shown alike (ADMIN-08, ADMIN-09, ADMIN-15).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.setting import Noun, SettingField, parse_value, record_errors, setting, settings_of, shown
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode

_URL = r"https?://[!-~]+"
_URL_HELP = "an address that begins with http:// or https://, or nothing"
_MAX_URL_LENGTH = 255


def _url(label: str, help: str) -> Any:
    return setting(label, help, default="", pattern=_URL, pattern_help=_URL_HELP, max_length=_MAX_URL_LENGTH)


@dataclass(frozen=True, slots=True)
class EnterpriseParameters(Noun):
    """System > Enterprise Parameters (ADMIN-15, ADMIN-18)."""

    noun: ClassVar[str] = "enterprise-parameters"
    title: ClassVar[str] = "Enterprise Parameters"

    cluster_id: str = setting(
        "Cluster ID",
        "Name of the cluster, and the realm in which it challenges the user agents behind SIP trunks.",
        default="StandAloneCluster",
        required=True,
        max_length=50,
        pattern=r"[A-Za-z0-9._-]+",
        pattern_help="letters, digits and . _ -",
        requirement="SIPD-26",
    )
    cluster_security_mode: ClusterSecurityMode = setting(
        "Cluster Security Mode",
        "0: nonsecure, no device is authenticated. 1: mixed, secure and nonsecure devices register. It is set by "
        "the CTL client alone.",
        default=ClusterSecurityMode.NONSECURE,
        read_only=True,
        requirement="CLUSTER-03, CLUSTER-04",
    )
    device_security_mode: DeviceSecurityMode = setting(
        "Device Security Mode",
        "Preset for new phone security profiles of models that can do it.",
        default=DeviceSecurityMode.NONSECURE,
        requirement="R-38",
    )
    enable_dependency_records: bool = setting(
        "Enable Dependency Records",
        "Show for each record which others use it. Finding them takes much processor time on a large cluster.",
        default=False,
        requirement="ADMIN-14",
    )
    url_authentication: str = _url(
        "URL Authentication", "Whom phones ask whether an application may send them a page to display."
    )
    url_directories: str = _url("URL Directories", "Opened by the Directories button.")
    url_idle: str = _url("URL Idle", "Shown by phones that are not in use.")
    url_idle_time: int = setting(
        "URL Idle Time",
        "How long a phone must not be used before it shows the idle page; 0 for never.",
        default=0,
        minimum=0,
        maximum=604800,
        unit="seconds",
    )
    url_information: str = _url("URL Information", "Opened by the i or ? button.")
    url_messages: str = _url("URL Messages", "Opened by the Messages button.")
    url_services: str = _url("URL Services", "Opened by the Services button.")


@dataclass(frozen=True, slots=True)
class CallManagerParameters(Noun):
    """Service parameters of the service Cisco CallManager."""

    noun: ClassVar[str] = "call-manager-parameters"
    title: ClassVar[str] = "Cisco CallManager"

    sip_station_realm: str = setting(
        "SIP Station Realm",
        "Realm in which SIP phones are challenged. Digest credentials are bound to it, so it should be the same "
        "on all servers; a new one is used from the next challenge on.",
        default="ccmsipline",
        required=True,
        max_length=64,
        pattern=r"[A-Za-z0-9._-]+( [A-Za-z0-9._-]+)*",
        pattern_help="letters, digits, spaces and . _ -",
        requirement="SIPD-17, RST-28",
    )
    sip_registration_default: int = setting(
        "SIP Registration Expires, Default",
        "Lifetime of the registration of a SIP phone that asks for none (RFC 3261, 10.2.1.1).",
        default=3600,
        minimum=60,
        maximum=86400,
        unit="seconds",
    )
    sip_registration_minimum: int = setting(
        "SIP Registration Expires, Minimum",
        "A phone that asks for a shorter registration is told this one (RFC 3261, 10.3, response 423).",
        default=60,
        minimum=1,
        maximum=3600,
        unit="seconds",
    )
    sip_registration_maximum: int = setting(
        "SIP Registration Expires, Maximum",
        "A phone that asks for a longer registration gets this one.",
        default=3600,
        minimum=60,
        maximum=86400,
        unit="seconds",
    )
    sip_keepalive_interval: int = setting(
        "SIP Station KeepAlive Interval",
        "How often SIP phones show that they are there; written into their configuration files.",
        default=120,
        minimum=30,
        maximum=3600,
        unit="seconds",
        requirement="R-31",
    )
    sip_timer_t1: int = setting(
        "SIP Timer T1",
        "Estimate of the time there and back; first interval at which SIP messages are repeated over UDP "
        "(RFC 3261, 17.1.1.1).",
        default=500,
        minimum=100,
        maximum=10000,
        unit="milliseconds",
    )
    sip_timer_t2: int = setting(
        "SIP Timer T2",
        "Longest interval at which SIP messages are repeated over UDP (RFC 3261, 17.1.2.2).",
        default=4000,
        minimum=1000,
        maximum=40000,
        unit="milliseconds",
    )
    sip_invite_expires: int = setting(
        "SIP Invite Expires Timer",
        "How long a call may ring before it is given up.",
        default=180,
        minimum=10,
        maximum=3600,
        unit="seconds",
    )
    forward_no_answer_timer: int = setting(
        "Forward No Answer Timer",
        "How long a number with Forward No Answer rings before the call is forwarded, unless the number says "
        "otherwise.",
        default=12,
        minimum=1,
        maximum=300,
        unit="seconds",
    )
    built_in_bridge_enable: bool = setting(
        "Built In Bridge Enable",
        "Whether phones whose own setting is Default can mix in a party that barges in. The 7940 and 7960 set for "
        "encryption cannot take a barge during an encrypted call.",
        default=False,
        requirement="CALL-24, CALL-27",
    )

    def rule_errors(self) -> Iterator[FieldError]:
        """The three registration times and the two timers must be in order."""
        low, high = self.sip_registration_minimum, self.sip_registration_maximum
        if low > high:
            yield FieldError("sip_registration_minimum", str(low), f"at most the maximum, {high}")
        elif not low <= self.sip_registration_default <= high:
            yield FieldError(
                "sip_registration_default",
                str(self.sip_registration_default),
                f"from the minimum, {low}, to {high}",
            )
        if self.sip_timer_t1 > self.sip_timer_t2:
            yield FieldError("sip_timer_t1", str(self.sip_timer_t1), f"at most timer T2, {self.sip_timer_t2}")


@dataclass(frozen=True, slots=True)
class TftpParameters(Noun):
    """Service parameters of the service Cisco TFTP."""

    noun: ClassVar[str] = "tftp-parameters"
    title: ClassVar[str] = "Cisco TFTP"

    enable_caching: bool = setting(
        "Enable Caching",
        "Keep files that were built or signed in memory until the configuration changes. Without it each request "
        "builds the file anew.",
        default=True,
        requirement="TFTP-04",
    )
    maximum_serving_count: int = setting(
        "Maximum Serving Count",
        "File transfers that go on at the same time; phones beyond that are told to try again.",
        default=500,
        minimum=1,
        maximum=5000,
    )
    retransmission_timeout: int = setting(
        "Retransmission Timeout",
        "How long to wait for a phone's acknowledgement before a block is sent again.",
        default=1000,
        minimum=100,
        maximum=60000,
        unit="milliseconds",
    )
    maximum_retransmissions: int = setting(
        "Maximum Retransmissions",
        "How often a block is sent again before the transfer is given up.",
        default=5,
        minimum=1,
        maximum=20,
    )


SERVICE_PARAMETERS: Mapping[str, type[Noun]] = MappingProxyType(
    {kind.title: kind for kind in (CallManagerParameters, TftpParameters)}
)
"""The kinds of service parameters by the name of their service."""

P = TypeVar("P", bound=Noun)


def parameter_of(kind: type[Noun], name: str) -> SettingField:
    """The parameter with this field name or label, in any case; ``NotFound`` if there is none."""
    wanted = name.strip().lower()
    for item in settings_of(kind):
        if wanted.replace("-", "_") == item.name or wanted == item.setting.label.lower():
            return item
    raise NotFound(f"parameter of {kind.title}", name)


def parse_parameter(kind: type[Noun], name: str, text: str) -> tuple[str, Any]:
    """The field name and the value of a parameter that an administrator enters.

    Raises ``NotFound``, ``Invalid``, or ``Refused`` for one that is only shown (CLUSTER-04). Rules between
    parameters are checked by :func:`read_parameters`.
    """
    item = parameter_of(kind, name)
    if item.setting.read_only:
        raise Refused(f"{item.setting.label} cannot be set here: {item.setting.help}")
    return item.name, _parse(kind, item, text)


def read_parameters(kind: type[P], texts: Mapping[str, str]) -> P:
    """The parameters of one kind with the stored texts, by field name, in place of the defaults.

    Raises ``NotFound`` for a name that is none, ``Invalid`` for texts that are no value and for broken rules.
    """
    values = {}
    for name, text in texts.items():
        item = parameter_of(kind, name)
        values[item.name] = _parse(kind, item, text)
    record = kind(**values)
    if errors := record_errors(record):
        raise Invalid(kind.title, errors[0].field, errors)
    return record


def _parse(kind: type[Noun], item: SettingField, text: str) -> Any:
    try:
        return parse_value(item, text)
    except ValueError:
        raise Invalid(kind.title, item.setting.label, [FieldError(item.name, text, item.allowed())]) from None


def with_text(texts: Mapping[str, str], kind: type[Noun], name: str, text: str) -> dict[str, str]:
    """The stored texts after one parameter is entered; a value that is the default is not stored.

    Raises what :func:`parse_parameter` and :func:`read_parameters` raise.
    """
    field, value = parse_parameter(kind, name, text)
    item = parameter_of(kind, field)
    after = {key: old for key, old in texts.items() if key != field}
    if value != item.default:
        after[field] = shown(item, value)
    read_parameters(kind, after)
    return after
