"""Phone: a telephone and its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import FieldError
from ringward.domain.phone_models import CAPABILITIES, MODELS, PhoneCapability, capability_of, protocols_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rules.certificate_operation import (
    AUTHENTICATION_STRING,
    AUTHENTICATION_STRING_HELP,
    LONGEST_STRING,
    MOMENT_HELP,
    is_moment,
)
from ringward.domain.rules.configuration_encryption import deletes_symmetric_key, has_manual_key, is_symmetric_key
from ringward.domain.rules.device_name import DEVICE_NAME, DEVICE_NAME_HELP, device_name_of
from ringward.domain.secret import Secret
from ringward.domain.setting import Lookup, Noun, setting
from ringward.domain.vocabulary import (
    BuiltInBridge,
    CertificateOperation,
    DigestSource,
    DoNotDisturb,
    Protocol,
    SettingsAccess,
    Switch,
)

_MAX_BUTTON = max(row.max_lines for row in CAPABILITIES.values())
"""Line buttons of the largest model."""
_MAX_CALLS = 200
"""Calls that one line can have at a time."""


def _where(test: Callable[[PhoneCapability], bool]) -> Callable[[Phone], bool]:
    """Whether a phone's model and protocol pass a test on their row of the capability table (SYS-10)."""

    def applies(phone: Phone) -> bool:
        row = capability_of(phone.model, phone.protocol)
        return row is not None and test(row)

    return applies


def _hardening(field: str) -> Callable[[Phone], bool]:
    return _where(lambda row: field in row.hardening)


@dataclass(frozen=True, slots=True)
class PhoneLine(Noun):
    """A directory number on a button of a phone."""

    noun: ClassVar[str] = "phone-line"
    title: ClassVar[str] = "Line"

    button: int = setting("Button", "Line button, from 1.", key=True, minimum=1, maximum=_MAX_BUTTON, listed=True)
    directory_number: str = setting(
        "Directory Number",
        "The number, as 1001, or 1001/Staff when it is in a partition.",
        required=True,
        references="directory-number",
        listed=True,
    )
    label: str = setting(
        "Line Text Label", "Text beside the button; empty for the number.", default="", max_length=30, listed=True
    )
    display_name: str = setting(
        "Display (Internal Caller ID)",
        "Name that others see when they are called from here, or call here.",
        default="",
        max_length=30,
        listed=True,
    )
    max_calls: int = setting(
        "Maximum Number of Calls",
        "Calls that the line can have at a time.",
        default=4,
        minimum=1,
        maximum=_MAX_CALLS,
    )
    busy_trigger: int = setting(
        "Busy Trigger",
        "With this many calls on the line further ones find it busy.",
        default=2,
        minimum=1,
        maximum=_MAX_CALLS,
    )

    @property
    def number(self) -> str:
        """The number or pattern alone."""
        return DirectoryNumber.split_key(self.directory_number)[0]

    @property
    def partition(self) -> str:
        """The partition of the number."""
        return DirectoryNumber.split_key(self.directory_number)[1]

    def rule_errors(self) -> Iterator[FieldError]:
        """The busy trigger must be within the number of calls."""
        if self.busy_trigger > self.max_calls:
            yield FieldError(
                "busy_trigger", str(self.busy_trigger), f"at most the maximum number of calls, {self.max_calls}"
            )


@dataclass(frozen=True, slots=True)
class Phone(Noun):
    """A phone as the administrator describes it in Phone Configuration (ADMIN-23)."""

    noun: ClassVar[str] = "phone"
    title: ClassVar[str] = "Phone"

    device_name: str = setting(
        "Device Name",
        "SEP and the phone's hardware address. A hardware address alone is taken too, in any notation.",
        key=True,
        required=True,
        listed=True,
        pattern=DEVICE_NAME.pattern,
        pattern_help=DEVICE_NAME_HELP,
    )
    model: str = setting(
        "Phone Type", "Model of the phone; it decides which settings there are.", choices=MODELS, listed=True
    )
    protocol: Protocol = setting("Device Protocol", "Protocol of the software on the phone.", listed=True)
    security_profile: str = setting(
        "Device Security Profile",
        "Security settings of the phone; only profiles of its model and protocol can be chosen. Reset the phone "
        "after a change.",
        required=True,
        references="phone-security-profile",
        listed=True,
        requirement="PSP-03, PSP-13, RST-01",
    )
    description: str = setting(
        "Description", "Free text, for instance where the phone is.", default="", listed=True
    )
    device_pool: str = setting(
        "Device Pool",
        "Nodes, clock and region of the phone.",
        default="Default",
        required=True,
        references="device-pool",
        listed=True,
    )
    calling_search_space: str | None = setting(
        "Calling Search Space",
        "What may be called from this phone; the one of the line comes first.",
        default=None,
        references="calling-search-space",
        requirement="AUTHZ-02",
    )
    owner: str | None = setting(
        "Owner User ID", "The person whose phone it is.", default=None, references="end-user", listed=True
    )
    digest_user: str | None = setting(
        "Digest User",
        "End user whose digest credentials the phone answers challenges with. Save, then reset the phone.",
        default=None,
        references="end-user",
        applies=_where(lambda row: row.digest_source is not DigestSource.NONE),
        requirement="SIPD-19, RST-17",
    )
    do_not_disturb: DoNotDisturb = setting(
        "Do Not Disturb",
        "Ringer Off: calls show at the phone, and it makes no sound. Call Reject: its lines are busy for calls; "
        "it can still make some.",
        default=DoNotDisturb.OFF,
    )
    certificate_operation: CertificateOperation = setting(
        "Certificate Operation",
        "What CAPF shall do when the phone calls it. Install/Upgrade: issue a locally significant certificate. "
        "Delete: have the phone forget it. Troubleshoot: have the phone show its certificates, and keep a trace "
        "of each. Reset the phone afterwards.",
        default=CertificateOperation.NONE,
        applies=_where(lambda row: row.tls_signalling),
        requirement="CAPF-24, CAPF-27",
    )
    authentication_string: Secret | None = setting(
        "Authentication String",
        "For By Authentication String: what the user enters on the phone, once. `ringward capf report` shows it.",
        default=None,
        secret=True,
        handed_over=True,
        max_length=LONGEST_STRING,
        pattern=AUTHENTICATION_STRING.pattern,
        pattern_help=AUTHENTICATION_STRING_HELP,
        applies=_where(lambda row: row.tls_signalling),
        requirement="CAPF-25, CAPF-28",
    )
    operation_completes_by: str = setting(
        "Operation Completes by",
        "Date and time, by the first node's clock, after which the operation has failed; empty for as many days "
        "from now as the enterprise parameter CAPF Operation Expires in (days) says.",
        default="",
        check=is_moment,
        pattern_help=MOMENT_HELP,
        applies=_where(lambda row: row.tls_signalling),
        requirement="CAPF-29, CAPF-35",
    )
    operation_status: str = setting(
        "Operation Status",
        "What became of the last operation of CAPF.",
        default="",
        read_only=True,
        listed=True,
        applies=_where(lambda row: row.tls_signalling),
        requirement="CAPF-30",
    )
    lines: tuple[PhoneLine, ...] = setting(
        "Lines", "The directory numbers on the phone's buttons.", default=(), max_items=_MAX_BUTTON
    )
    load_information: str = setting(
        "Phone Load Name",
        "Firmware for this phone alone; empty for the model's. It must be on the TFTP server.",
        default="",
        max_length=64,
        pattern=r"[A-Za-z0-9._-]+",
        pattern_help="a file name of letters, digits and . _ -",
        applies=_where(lambda row: not row.is_third_party),
        requirement="TFTP-14",
    )
    built_in_bridge: BuiltInBridge = setting(
        "Built In Bridge",
        "Whether the phone can mix in a party that barges into its call; Default goes by the service parameter "
        "Built In Bridge Enable.",
        default=BuiltInBridge.DEFAULT,
        applies=_where(lambda row: row.built_in_bridge),
        requirement="CALL-24, RST-15",
    )
    phone_password: Secret | None = setting(
        "Phone Password",
        "Unlock code of the phone's settings menu. It travels in the configuration file: encrypt that.",
        default=None,
        secret=True,
        max_length=31,
        pattern=r"[!-~]+",
        pattern_help="letters, digits and signs without spaces",
        applies=_where(lambda row: row.phone_password),
        requirement="HARD-17, CFGENC-01",
    )
    symmetric_key: Secret | None = setting(
        "Symmetric Key",
        "Encrypts the configuration file of this phone once its profile has TFTP Encrypted Config; the same key "
        "must be entered at the phone. Once set it should not be changed: with another key the phone cannot read "
        "its file until it is entered there too.",
        default=None,
        secret=True,
        max_length=64,
        pattern=r"[0-9A-Fa-f]+",
        pattern_help="hexadecimal digits, 64 for 7905 and 7912, 32 for 7940 and 7960",
        applies=_where(has_manual_key),
        requirement="CFGENC-17, CFGENC-19, ADMIN-43",
    )
    pc_port: Switch = setting(
        "PC Port",
        "The socket for a computer on the back of the phone. Disable it for phones in lobbies and conference "
        "rooms.",
        default=Switch.ENABLED,
        applies=_hardening("pc_port"),
        requirement="HARD-14, RST-02",
    )
    settings_access: SettingsAccess = setting(
        "Settings Access",
        "What the Settings button shows. Disabled: nothing, and the volume is not kept after a call either. "
        "Restricted: only what belongs to the user.",
        default=SettingsAccess.ENABLED,
        applies=_hardening("settings_access"),
        requirement="HARD-11, HARD-12, HARD-16, RST-02",
    )
    gratuitous_arp: Switch = setting(
        "Gratuitous ARP",
        "Whether the phone believes address announcements that it did not ask for. Disabled it ignores them, and "
        "a stranger cannot pose as its router; it still finds its own.",
        default=Switch.ENABLED,
        applies=_hardening("gratuitous_arp"),
        requirement="HARD-02, RST-02",
    )
    pc_voice_vlan_access: Switch = setting(
        "PC Voice VLAN Access",
        "Whether a computer behind the phone can reach the voice VLAN. Disabled, the 7940 and 7960 drop packets "
        "tagged with the voice VLAN, other models all tagged packets.",
        default=Switch.ENABLED,
        applies=_hardening("pc_voice_vlan_access"),
        requirement="HARD-06, HARD-07, RST-02",
    )
    web_access: Switch = setting(
        "Web Access",
        "Whether the phone serves its own pages with statistics and settings on port 80. Disabled, the quality "
        "report tool and serviceability applications that read these pages fail for this phone.",
        default=Switch.ENABLED,
        applies=_hardening("web_access"),
        requirement="HARD-03, HARD-04, HARD-05, RST-02",
    )

    def settled(self) -> Self:
        """A hardware address in any notation becomes the device name."""
        name = device_name_of(self.device_name) or self.device_name
        return self if name == self.device_name else replace(self, device_name=name)

    def rule_errors(self) -> Iterator[FieldError]:
        """The model must know the protocol and have the buttons; no button and no number twice."""
        known = protocols_of(self.model)
        if self.protocol not in known:
            yield FieldError("protocol", self.protocol.value, ", ".join(each.value for each in known))
            return
        if self.certificate_operation is CertificateOperation.NONE:
            for field in ("authentication_string", "operation_completes_by"):
                if value := getattr(self, field):
                    shown = "(hidden)" if isinstance(value, Secret) else value
                    yield FieldError(field, shown, "nothing, as there is no certificate operation")
        row = capability_of(self.model, self.protocol)
        key = self.symmetric_key
        if row is not None and has_manual_key(row) and key:
            if not is_symmetric_key(row, key.reveal()):
                yield FieldError("symmetric_key", "(hidden)", f"{row.key_bits // 4} hexadecimal digits")
            elif deletes_symmetric_key(key.reveal()):
                yield FieldError("symmetric_key", "(hidden)", "no key of zeros, which anybody could guess")
        most = row.max_lines if row else 0
        buttons: set[int] = set()
        numbers: set[str] = set()
        for position, line in enumerate(self.lines, 1):
            place = f"lines[{position}]"
            if line.button > most:
                yield FieldError(f"{place}.button", str(line.button), f"a {self.model} has {most} line buttons")
            if line.button in buttons:
                yield FieldError(f"{place}.button", str(line.button), "each button only once")
            if line.directory_number in numbers:
                yield FieldError(
                    f"{place}.directory_number", line.directory_number, "each number only once on a phone"
                )
            buttons.add(line.button)
            numbers.add(line.directory_number)

    def cross_errors(self, lookup: Lookup) -> Iterator[FieldError]:
        """The profile must be one for this model and protocol (PSP-13)."""
        profile = lookup.find(PhoneSecurityProfile, self.security_profile)
        if profile is not None and (profile.model, profile.protocol) != (self.model, self.protocol):
            yield FieldError(
                "security_profile",
                self.security_profile,
                f"a profile for {self.model} with {self.protocol.value}; this one is for {profile.model} with "
                f"{profile.protocol.value}",
            )
