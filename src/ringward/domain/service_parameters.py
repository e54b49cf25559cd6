"""Service parameters: what holds for a service on a server (ADMIN-09)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from ringward.domain.errors import FieldError
from ringward.domain.ports import FIXED_TCP_PORTS, HIGHEST_PORT, LOWEST_PORT
from ringward.domain.rules.certificate_renewal import SHORTEST_TURN, is_time, length_of
from ringward.domain.setting import Noun, setting
from ringward.domain.vocabulary import ServiceTrace

_TIME_HELP = "a time of day such as 02:00"


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
    call_park_reversion_timer: int = setting(
        "Call Park Reversion Timer",
        "How long a parked call waits before it rings back at the phone that parked it.",
        default=60,
        minimum=10,
        maximum=1200,
        unit="seconds",
    )
    directed_call_pickup_code: str = setting(
        "Directed Call Pickup Code",
        "Dialled before a number of the own pickup group, it answers the call that rings there; empty for no "
        "directed pickup.",
        default="*8",
        max_length=8,
        pattern=r"[*#][0-9*#]*",
        pattern_help="* or #, perhaps with digits, * and # behind it, or nothing",
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


@dataclass(frozen=True, slots=True)
class CapfParameters(Noun):
    """Service parameters of the service Cisco Certificate Authority Proxy Function (CAPF-13)."""

    noun: ClassVar[str] = "capf-parameters"
    title: ClassVar[str] = "Cisco Certificate Authority Proxy Function"

    certificate_validity: int = setting(
        "Duration of Certificate Validity",
        "How long a certificate is valid that CAPF issues; never longer than CAPF's own.",
        default=5,
        minimum=1,
        maximum=20,
        unit="years",
        requirement="CAPF-13",
    )
    smallest_key_size: int = setting(
        "Smallest Key Size",
        "Shortest RSA key for which CAPF issues a certificate. Keys of 512 bits are broken within hours today: "
        "allow them only for phones that can do no better.",
        default=1024,
        choices=(1024, 512, 2048),
        unit="bits",
        requirement="CAPF-13",
    )
    maximum_key_generation_retries: int = setting(
        "Maximum Number of Retries for Key Generation",
        "How often a phone that could not make a key is asked again.",
        default=3,
        minimum=0,
        maximum=100,
        requirement="CAPF-13",
    )
    key_generation_timeout: int = setting(
        "Key Generation Timeout",
        "How long a phone may take to make its key, all attempts together.",
        default=30,
        minimum=1,
        maximum=120,
        unit="minutes",
        requirement="CAPF-10",
    )
    wrong_authentication_strings: int = setting(
        "Wrong Authentication Strings",
        "How many wrong authentication strings a phone may send before its operation has failed: users mistype, "
        "but nobody shall try them all.",
        default=3,
        minimum=1,
        maximum=10,
        requirement="CAPF-23",
    )
    accept_sha1_signatures: bool = setting(
        "Accept SHA-1 Signatures Alone",
        "Let old phones prove their certificate by a signature over SHA-1 alone. Newer ones must send one over "
        "SHA-512 too.",
        default=True,
        requirement="CAPF-16",
    )
    announce_authentication_type: bool = setting(
        "Longer Authentication Request",
        "Begin conversations with the longer form of the first message, which some phones are used to.",
        default=False,
    )
    renewal_days: int = setting(
        "Renew Certificates Before Their End",
        "How long before its end a phone's certificate is renewed by itself: its operation is set and the phone "
        "is reset, some phones at a time and at the hours below. 0: never. Phones that prove themselves by "
        "authentication string are left to somebody who types it.",
        default=0,
        minimum=0,
        maximum=3650,
        unit="days",
        requirement="CAPF-09",
    )
    renewal_begin: str = setting(
        "Renewal Begins At",
        "From what time of day on phones are reset for renewal, by the first node's clock.",
        default="02:00",
        required=True,
        check=is_time,
        pattern_help=_TIME_HELP,
        requirement="CAPF-09",
    )
    renewal_end: str = setting(
        "Renewal Ends At",
        "Until what time of day; it may be after midnight. No phone is reset in the last ten minutes, in which it "
        "could not be done.",
        default="05:00",
        required=True,
        check=is_time,
        pattern_help=_TIME_HELP,
        requirement="CAPF-09",
    )
    renewal_wave: int = setting(
        "Phones Renewed at a Time",
        "How many phones may be at it; the next ones follow as these are done.",
        default=20,
        minimum=1,
        maximum=500,
        requirement="CAPF-09",
    )
    old_tls: bool = setting(
        "Allow TLS 1.0",
        "Let phones connect with TLS 1.0 and 1.1, which the 7900 series speaks alone. Both are no longer safe: "
        "allow them only while such phones get their certificates.",
        default=False,
    )
    trace_level: ServiceTrace = setting(
        "Trace Level",
        "How much of the conversations with phones is written to traces/capf/conversations.log in the data "
        "directory: nothing, a line for each message, or what is in the messages too. Authentication strings are "
        "never written. Takes effect with the next call of a phone.",
        default=ServiceTrace.OFF,
        requirement="CAPF-37",
    )

    @property
    def renews_nobody(self) -> bool:
        """Whether certificates are to be renewed, and the hours are too short for it."""
        return bool(self.renewal_days) and length_of(self.renewal_begin, self.renewal_end) < SHORTEST_TURN


@dataclass(frozen=True, slots=True)
class CtlProviderParameters(Noun):
    """Service parameters of the service Cisco CTL Provider."""

    noun: ClassVar[str] = "ctl-provider-parameters"
    title: ClassVar[str] = "Cisco CTL Provider"

    port_number: int = setting(
        "Port Number",
        "TCP port at which the CTL client reaches this server. Change it only if another program has the port or "
        "a firewall forbids it; the CTL client must be told. Restart the service after a change.",
        default=FIXED_TCP_PORTS["CTL Provider"],
        minimum=LOWEST_PORT,
        maximum=HIGHEST_PORT,
        requirement="PORT-01, PORT-02, PORT-07",
    )


SERVICE_PARAMETERS: Mapping[str, type[Noun]] = MappingProxyType(
    {kind.title: kind for kind in (CallManagerParameters, TftpParameters, CapfParameters, CtlProviderParameters)}
)
"""The kinds of service parameters by the name of their service."""
