"""Enterprise parameters: what holds for the whole cluster (ADMIN-08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ringward.domain.address import HOST_HELP, is_host
from ringward.domain.errors import FieldError
from ringward.domain.ports import HIGHEST_PORT
from ringward.domain.setting import Noun, setting
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, SyslogTransport

_URL = r"https?://[!-~]+"
_URL_HELP = "an address that begins with http:// or https://, or nothing"
_MAX_URL_LENGTH = 255
_TIME_HELP = "a time of day such as 02:00"


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
    admit_old_phones: bool = setting(
        "Admit Old Phones",
        "Accept TLS 1.0 and 1.1 on the SIP phone secure port, and certificates of phones with SHA-1 signatures or "
        "keys of 512 bits. All of these can be broken today: leave it off unless you have phones that know "
        "nothing better.",
        default=False,
        requirement="SIG-14",
    )
    enable_dependency_records: bool = setting(
        "Enable Dependency Records",
        "Show for each record which others use it. Finding them takes much processor time on a large cluster.",
        default=False,
        requirement="ADMIN-14",
    )
    identity_trust_list: bool = setting(
        "Identity Trust List",
        "Give phones that know it a trust list (ITL) signed by the TFTP server, without any token; they then ask "
        "for signed files also in a nonsecure cluster. Once they have it they refuse files of other servers.",
        default=False,
        requirement="TFTP-15",
    )
    capf_operation_expires: int = setting(
        "CAPF Operation Expires in (days)",
        "How long a phone has for an operation of CAPF: preset for Operation Completes by.",
        default=10,
        minimum=1,
        maximum=365,
        unit="days",
        requirement="CAPF-35",
    )
    password_shortest: int = setting(
        "Shortest Password",
        "How long passwords of users must be. Length protects better than anything else; a sentence is easy to "
        "remember. Passwords that are set already stay as they are.",
        default=12,
        minimum=8,
        maximum=64,
        unit="characters",
    )
    password_kinds: int = setting(
        "Kinds of Characters in Passwords",
        "How many of small letters, capital letters, digits and other characters a password must have.",
        default=1,
        minimum=1,
        maximum=4,
    )
    password_history: int = setting(
        "Former Passwords Refused",
        "How many of a user's last passwords, the present one among them, cannot be set again; 0 to allow all.",
        default=5,
        minimum=0,
        maximum=24,
    )
    password_days: int = setting(
        "Password Must Be Changed After",
        "Who signs in with an older password must think of a new one first; 0 for never, as is advised today, "
        "since forced changes lead to weak passwords.",
        default=0,
        minimum=0,
        maximum=3650,
        unit="days",
    )
    password_without_user_id: bool = setting(
        "No User ID in Passwords", "Refuse passwords that contain the user ID.", default=True
    )
    second_factor_demanded: bool = setting(
        "Second Factor Demanded",
        "Administrators (application users) must sign in with a code of an authenticator too. Who has none yet is "
        "led to set one up at once and can do nothing else before; the CTL client is refused until then. Access "
        "tokens of programs are not touched.",
        default=False,
        requirement="HTTPS-13",
    )
    sign_in_attempts: int = setting(
        "Wrong Passwords Before Lock-Out",
        "After so many, nothing is checked for half a minute, and after each further one for twice as long. It "
        "counts by address, so that nobody elsewhere can lock a user out.",
        default=5,
        minimum=2,
        maximum=20,
    )
    longest_lock_out: int = setting(
        "Longest Lock-Out",
        "Beyond this a lock-out grows no longer.",
        default=60,
        minimum=1,
        maximum=1440,
        unit="minutes",
    )
    session_idle: int = setting(
        "Session Ends When Idle For",
        "A browser in which nobody opens or sends anything for so long is signed out, whatever page is left open.",
        default=30,
        minimum=1,
        maximum=480,
        unit="minutes",
    )
    session_longest: int = setting(
        "Session Ends After",
        "So long after signing in a browser is signed out, however busy it is.",
        default=12,
        minimum=1,
        maximum=168,
        unit="hours",
    )
    sessions_of_one: int = setting(
        "Sessions of One User",
        "Browsers in which a user may be signed in at a time; one more signs the one out that was idle longest.",
        default=10,
        minimum=1,
        maximum=100,
    )
    syslog_server: str = setting(
        "Remote Syslog Server",
        "Where alarms go by syslog (RFC 5424), besides log and pages: a name or an address; nothing for nowhere.",
        default="",
        max_length=253,
    )
    syslog_transport: SyslogTransport = setting(
        "Remote Syslog Transport",
        "UDP and TCP can be read and forged by whoever sits in between. By TLS the server must show a certificate "
        "with its name, which the trust store syslog-trust vouches for.",
        default=SyslogTransport.TLS,
    )
    syslog_port: int = setting(
        "Remote Syslog Port",
        "0 for the usual one: UDP 514, TCP 601, TLS 6514.",
        default=0,
        minimum=0,
        maximum=HIGHEST_PORT,
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

    def rule_errors(self) -> Iterator[FieldError]:
        """The syslog server must be a host."""
        if self.syslog_server and not is_host(self.syslog_server):
            yield FieldError("syslog_server", self.syslog_server, f"{HOST_HELP}, or nothing")
