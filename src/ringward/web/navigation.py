"""The menus, with the paths of the guide (ADMIN-17 to ADMIN-33): each entry leads to something that works."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from ringward.domain.nouns import NOUNS
from ringward.domain.setting import Noun

ADMINISTRATION = "/CMAdmin"
SERVICEABILITY = "/CMService"
MONITORING = "/AST"
USER_OPTIONS = "/CMUser"
CALL_REPORTS = "/ART"
NUMBER_ANALYZER = "/dna"
PLATFORM = "/Platform"
INTERFACE = "/api/v1"
SERVICE_ACTIVATION = f"{SERVICEABILITY}/service-activation"
CONTROL_CENTER = f"{SERVICEABILITY}/control-center"
TO_DO = f"{ADMINISTRATION}/to-do"
TRACE = f"{SERVICEABILITY}/trace"
CERTIFICATE_OPERATIONS = f"{ADMINISTRATION}/certificate-operations"
SECURE_CLUSTER = f"{ADMINISTRATION}/secure-cluster"
ENROL_PHONES = f"{ADMINISTRATION}/enrol-phones"
ENCRYPT_FILES = f"{ADMINISTRATION}/encrypt-files"
ONBOARD_PHONE = f"{ADMINISTRATION}/onboard-phone"
JOBS = f"{ADMINISTRATION}/jobs"
CERTIFICATES = f"{PLATFORM}/certificates"
TRUST_PICTURE = f"{PLATFORM}/trust-picture"
CERTIFICATE_CALENDAR = f"{PLATFORM}/certificate-calendar"
TRUST_LIST = f"{ADMINISTRATION}/trust-list"
ALARMS_PAGE = f"{SERVICEABILITY}/alarms"
ALARM_CONFIGURATION = f"{SERVICEABILITY}/alarm-configuration"
BACKUP = f"{PLATFORM}/backup"
SIGN_INS = f"{ADMINISTRATION}/sign-ins"
MESSAGES_WAITING = f"{ADMINISTRATION}/messages-waiting"
CERTIFICATE_RENEWALS = f"{PLATFORM}/certificate-renewals"
PHONE_CERTIFICATES = f"{PLATFORM}/phone-certificates"

SET_PASSWORD = "set-password"  # noqa: S105 (a word of an address)
"""Act in the path of the page that sets somebody's forgotten password."""
OTHER_PATHS = {
    SERVICEABILITY: CONTROL_CENTER,
    f"{SERVICEABILITY}/": CONTROL_CENTER,
    "/CMTraceAnalysis": TRACE,
    PLATFORM: CERTIFICATES,
    f"{PLATFORM}/": CERTIFICATES,
    "/drf": BACKUP,
    "/favicon.ico": "/static/ringward.svg",
}
"""Addresses at which somebody looks for a page that is elsewhere: virtual directories of the guide among them."""

WHY = "why"
"""Act in the path of the page that says why a phone is as secure as it is: see :func:`path_of`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu."""

    label: str
    path: str
    permission: str
    """Who lacks it is not shown the entry."""


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of the bar."""

    label: str
    entries: tuple[Entry, ...] = field(default=())


_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "System",
        (
            "server",
            "auto-registration",
            "call-manager-group",
            "region",
            "date-time-group",
            "device-pool",
            "enterprise-parameters",
            "service-parameters",
            "phone-security-profile",
            "backup-schedule",
        ),
    ),
    ("Call Routing", ("partition", "calling-search-space", "directory-number")),
    ("Device", ("phone",)),
    ("User Management", ("end-user", "application-user", "user-group", "role")),
)
"""Where the nouns of the domain stand; what is not named here comes at the end of Call Routing."""

_OTHER_LABELS = {
    "server": "Cisco Unified CallManager",
    "enterprise-parameters": "Enterprise Parameters",
    "service-parameters": "Service Parameters",
    "phone-security-profile": "Security Profile: Phone",
}


_MORE = {"User Management": (Entry("Sign-Ins and Lock-Outs", SIGN_INS, "lock-out.read"),)}
"""What stands in those menus besides nouns."""


def list_path(noun: str) -> str:
    """The Find and List page of a noun."""
    return f"{ADMINISTRATION}/{noun}"


def _entry(noun: str) -> Entry:
    label = _OTHER_LABELS.get(noun) or NOUNS[noun].title
    return Entry(label, list_path(noun), f"{noun}.read")


def _menus() -> tuple[Menu, ...]:
    placed = {noun for _, nouns in _PLACES for noun in nouns}
    rest = [noun for noun in NOUNS if noun not in placed]
    menus = [
        Menu(
            label,
            (
                *(_entry(noun) for noun in (*nouns, *(rest if label == "Call Routing" else ()))),
                *_MORE.get(label, ()),
            ),
        )
        for label, nouns in _PLACES
    ]
    security = (
        Entry("CTL File", TRUST_LIST, "trust-list.read"),
        Entry("Certificate Operations (CAPF)", CERTIFICATE_OPERATIONS, "certificate-operation.report"),
        Entry("Certificates of Phones", PHONE_CERTIFICATES, "device-certificate.read"),
        Entry("Certificate Renewals", CERTIFICATE_RENEWALS, "device-certificate.read"),
        Entry("Certificates of this Server", CERTIFICATES, "certificate.read"),
        Entry("Trust Stores", f"{PLATFORM}/trust", "trusted-certificate.read"),
        Entry("Trust Picture", TRUST_PICTURE, "trust-list.read"),
        Entry("Certificate Calendar", CERTIFICATE_CALENDAR, "device-certificate.read"),
    )
    tools = (
        Entry("To Do", TO_DO, "phone.read"),
        Entry("Real-Time Monitoring", MONITORING, "phone.read"),
        Entry("Jobs", JOBS, "job.read"),
        Entry("Backup", BACKUP, "backup.read"),
        Entry("Call Detail Records", CALL_REPORTS, "call-detail-record.read"),
        Entry("Dialed Number Analyzer", NUMBER_ANALYZER, "directory-number.read"),
        Entry("Service Activation", SERVICE_ACTIVATION, "service.read"),
        Entry("Control Center", CONTROL_CENTER, "service.read"),
        Entry("Alarms", ALARMS_PAGE, "alarm.read"),
        Entry("Trace", TRACE, "phone.trace"),
        Entry("Audit Log", f"{SERVICEABILITY}/audit-log", "audit.read"),
        Entry("Programming Interface", f"{ADMINISTRATION}/programming-interface", "phone.read"),
        Entry("Access Tokens", f"{ADMINISTRATION}/access-tokens", "access-token.read"),
    )
    guided = (
        Entry("Secure the Cluster", SECURE_CLUSTER, "trust-list.read"),
        Entry("Enrol Phones", ENROL_PHONES, "certificate-operation.report"),
        Entry("Encrypt Configuration Files", ENCRYPT_FILES, "phone.read"),
        Entry("Onboard a Phone", ONBOARD_PHONE, "phone.add"),
    )
    voice_mail = (Entry("Messages Waiting", MESSAGES_WAITING, "message-waiting.read"),)
    return (
        *menus,
        Menu("Voice Mail", voice_mail),
        Menu("Guided", guided),
        Menu("Security", security),
        Menu("Tools", tools),
    )


MENUS = _menus()
"""The menu bar of the administration."""

OWN_ACCOUNT = f"{ADMINISTRATION}/my-account"
"""An administrator's own password and sessions."""
SECOND_FACTOR = f"{OWN_ACCOUNT}/second-factor"
"""An administrator's own second factor."""
USER_ACCOUNT = f"{USER_OPTIONS}/my-account"
"""The same of an end user, with his digest credentials."""
USER_MENU = (Entry("My phones and calls", f"{USER_OPTIONS}/", "own-data.read"),)
"""The few pages of end users."""


def record_path(record: Noun) -> str:
    """The page of a record."""
    return path_of(record.noun, record.key)


def path_of(noun: str, key: str, act: str = "edit") -> str:
    """The page on which something is done with a record."""
    return f"{ADMINISTRATION}/{noun}/{act}/{quote(key, safe='/')}"
