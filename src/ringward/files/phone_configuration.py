"""Everything the configuration files of one phone are built from: plain values, no database, no network.

The builders of this room (:mod:`sep_xml`, :mod:`flat_sip`, :mod:`ld_profile`) turn a :class:`PhoneConfiguration`
into bytes; signing and encrypting are later steps that take those bytes. Defaults of SIP values are those the
phones' own stack and published configurations use.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from ringward.domain.errors import RingwardError
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.device_name import hardware_address
from ringward.domain.rules.hardening import Hardening
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    ConfigurationEncryption,
    DeviceSecurityMode,
    FileFamily,
    Protocol,
    TransportType,
)

MAX_CALL_MANAGERS = 5
"""Members have the priorities 0 to 4; SIP phones keep the first three."""
CAPF_PORT = 3804
SIP_PORT, SIP_SECURE_PORT, ETHERNET_PHONE_PORT = 5060, 5061, 2000
"""PORT-03, PORT-05, PORT-09; there is no element for SCCP over TLS, a phone adds 443 (PORT-04)."""


class Unwritable(RingwardError):
    """A value cannot be written to a phone's file without changing what the file says; nothing is built."""

    def __init__(self, field_name: str, reason: str) -> None:
        self.field = field_name
        super().__init__(f"{field_name} cannot be written to a phone's configuration file: {reason}")


@dataclass(frozen=True, slots=True)
class CallManagerNode:
    """One member of the phone's call manager group, first is primary."""

    process_node_name: str
    """Host name or address; must equal the entry in the CTL file, where there is one."""
    name: str = ""
    description: str = ""
    ethernet_phone_port: int = ETHERNET_PHONE_PORT
    sip_port: int = SIP_PORT
    sip_secure_port: int = SIP_SECURE_PORT


@dataclass(frozen=True, slots=True)
class DigestCredentials:
    """What a line answers challenges with; in clear text, since the phone needs it so (SIPD-19, CFGENC-01)."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One line key of the phone."""

    button: int
    """From 1."""
    number: str
    label: str = ""
    """Text beside the button; the number when empty."""
    display_name: str = ""
    digest: DigestCredentials | None = None
    """None leaves the credentials out of the file: the phone keeps what it has (PHONE-13, CFGENC-33)."""
    contact: str = ""
    """User part of the Contact; the number when empty."""
    max_calls: int = 4
    busy_trigger: int = 2
    shared: bool = False
    messages_number: str = ""


@dataclass(frozen=True, slots=True)
class PhoneUrls:
    """Addresses behind the phone's buttons; empty ones are written empty, which clears the phone's own."""

    authentication: str = ""
    directory: str = ""
    idle: str = ""
    idle_seconds: int = 0
    information: str = ""
    messages: str = ""
    proxy_server: str = ""
    services: str = ""


@dataclass(frozen=True, slots=True)
class Locale:
    """Language and country tones, each a folder of files on the file server."""

    user_locale: str = "English_United_States"
    user_locale_id: int = 1
    language: str = "en_US"
    version: str = "1.0.0.0-1"
    character_set: str = "iso-8859-1"
    network_locale: str = "United_States"
    network_locale_id: int = 64


@dataclass(frozen=True, slots=True)
class SrstReference:
    """The survivable gateway a phone falls back to (PHONE-14, PHONE-18)."""

    name: str
    address: str
    port: int = ETHERNET_PHONE_PORT
    sip_port: int = SIP_PORT
    secure: bool = False
    certificate: bytes = b""
    """DER of the gateway's certificate; written only when ``secure`` (TFTP-07)."""


@dataclass(frozen=True, slots=True)
class SipSettings:
    """Values of the SIP profile; times of the stack in milliseconds where the name says so, else seconds."""

    phone_port: int = SIP_PORT
    """Port on which the phone itself listens."""
    register_expires: int = 3600
    register_delta: int = 5
    keepalive_expires: int = 120
    subscribe_expires: int = 120
    subscribe_delta: int = 5
    invite_expires: int = 180
    t1_milliseconds: int = 500
    t2_milliseconds: int = 4000
    invite_retransmissions: int = 6
    retransmissions: int = 10
    first_media_port: int = 16384
    last_media_port: int = 32766
    preferred_codec: str = "none"
    dtmf_payload_type: int = 101
    kpml: int = 3
    """Which digits are reported one by one: 0 none, 1 first call, 2 later calls, 3 all."""


@dataclass(frozen=True, slots=True)
class CapfAddress:
    """Where the certificate proxy listens for phones."""

    process_node_name: str
    port: int = CAPF_PORT


@dataclass(frozen=True, slots=True)
class FileProtection:
    """What the file says of the phone's certificate and its operations, and what it is encrypted with."""

    certificate_hash: str = ""
    """``certHash``: MD5 of the phone's certificate, 32 lower-case hexadecimal digits, or empty (CFGENC-22)."""
    capf_authentication_mode: int = 0
    """``capfAuthMode``: 0 no operation, 1 string, 2 null string, 3 LSC first, 4 MIC first."""
    certificate: bytes = b""
    """DER of the phone's certificate, its LSC before its MIC; empty while it is not known (CFGENC-25)."""
    symmetric_key: Secret | None = None
    """The key that was typed in, as hexadecimal digits (CFGENC-12)."""


@dataclass(frozen=True, slots=True)
class CommonConfiguration:
    """What the files of all phones of one model, device pool and security profile say alike; made once for them.

    Raises ``ValueError`` for combinations no phone may be given: a secure mode without TLS or TLS without one.
    """

    model: str
    """As in :data:`ringward.domain.phone_models.MODELS`."""
    protocol: Protocol
    call_managers: tuple[CallManagerNode, ...]
    security_mode: DeviceSecurityMode = DeviceSecurityMode.NONSECURE
    """The effective mode: nonsecure in a nonsecure cluster whatever the profile says (CLUSTER-07)."""
    transport: TransportType = TransportType.UDP
    """Transport of SIP signalling; without meaning for SCCP."""
    date_template: str = "M/D/Y"
    time_zone: str = "Etc/UTC"
    """IANA name."""
    ntp_servers: tuple[str, ...] = ()
    urls: PhoneUrls = PhoneUrls()
    locale: Locale = Locale()
    srst: SrstReference | None = None
    sip: SipSettings = SipSettings()
    dial_template: str = "dialplan.xml"
    soft_key_file: str = ""
    encryption: ConfigurationEncryption = ConfigurationEncryption.NONE
    """How the files are encrypted now; unless it is ``NONE`` the phones shall ask for them so (CFGENC-28)."""
    capf: tuple[CapfAddress, ...] = ()
    file_family: FileFamily = field(init=False, compare=False)
    """Kind of file that this model reads under this protocol."""
    _hash: int = field(init=False, compare=False, repr=False)
    """Worked out once, since the files of all these phones are looked up by it."""

    def __post_init__(self) -> None:
        capability = capability_of(self.model, self.protocol)
        if capability is None:
            raise ValueError(f"there is no {self.model} with {self.protocol.value}")
        object.__setattr__(self, "file_family", capability.file_family)
        values = (getattr(self, each.name) for each in fields(self) if each.compare)
        object.__setattr__(self, "_hash", hash(tuple(values)))
        if not 1 <= len(self.call_managers) <= MAX_CALL_MANAGERS:
            raise ValueError(f"a phone has 1 to {MAX_CALL_MANAGERS} call managers, not {len(self.call_managers)}")
        secure = self.security_mode is not DeviceSecurityMode.NONSECURE
        if self.protocol is Protocol.SIP and secure != (self.transport is TransportType.TLS):
            raise ValueError(f"{self.security_mode.label} and transport {self.transport.value} do not go together")

    def __hash__(self) -> int:
        return self._hash

    @property
    def encrypted(self) -> bool:
        """``encrConfig``."""
        return self.encryption is not ConfigurationEncryption.NONE


@dataclass(frozen=True, slots=True)
class PhoneConfiguration:
    """One phone, as its files describe it; raises ``ValueError`` for a name that is no device's."""

    device_name: str
    common: CommonConfiguration
    lines: tuple[PhoneLine, ...] = ()
    phone_label: str = ""
    phone_password: Secret | None = None
    """Unlocks the settings menu (HARD-17)."""
    hardening: Hardening = field(default_factory=Hardening)
    load: str = ""
    """Firmware load without ``.loads``; empty keeps what the phone runs."""
    protection: FileProtection = FileProtection()

    def __post_init__(self) -> None:
        hardware_address(self.device_name)

    @property
    def mac(self) -> str:
        """MAC address, twelve hexadecimal digits in capitals."""
        return hardware_address(self.device_name)

    def without_secrets(self) -> PhoneConfiguration:
        """The same phone without passwords and credentials: what may go out in clear beside encrypted files.

        The phone keeps the ones it has (TFTP-10, PHONE-13).
        """
        return replace(self, phone_password=None, lines=tuple(replace(line, digest=None) for line in self.lines))


@dataclass(frozen=True, slots=True)
class DefaultLoad:
    """The firmware load that phones of one model get before they are known."""

    device_type: int
    """Number of the model in the signalling protocol, as in ``loadInformation<N>``."""
    model: str
    load: str


@dataclass(frozen=True, slots=True)
class DefaultConfiguration:
    """What a phone gets that has no file of its own."""

    call_managers: tuple[CallManagerNode, ...]
    date_template: str = "M/D/Y"
    time_zone: str = "Etc/UTC"
    ntp_servers: tuple[str, ...] = ()
    urls: PhoneUrls = PhoneUrls()
    loads: tuple[DefaultLoad, ...] = ()
    flat_sip_load: str = ""
    """Load of 7940 and 7960 running SIP, for ``SIPDefault.cnf``."""
    sip: SipSettings = SipSettings()
    dial_template: str = "dialplan.xml"
