"""Phone security profile: the security settings of one phone model and protocol, for many phones (PSP-01)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from ringward.domain.errors import FieldError
from ringward.domain.phone_models import KEY_SIZES, MODELS, PhoneCapability, capability_of, protocols_of
from ringward.domain.rules.transport import transports
from ringward.domain.setting import Noun, name_setting, setting
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    ConfigurationEncryption,
    DeviceSecurityMode,
    KeySize,
    Protocol,
    TransportType,
)


def _where(test: Callable[[PhoneCapability], bool]) -> Callable[[PhoneSecurityProfile], bool]:
    """Whether a profile's model and protocol pass a test on their row of the capability table (PSP-04)."""

    def applies(profile: PhoneSecurityProfile) -> bool:
        row = capability_of(profile.model, profile.protocol)
        return row is not None and test(row)

    return applies


def _key_sizes(profile: PhoneSecurityProfile) -> tuple[KeySize, ...]:
    row = capability_of(profile.model, profile.protocol)
    return row.key_sizes if row is not None else ()


def _is_sip(profile: PhoneSecurityProfile) -> bool:
    return profile.protocol is Protocol.SIP


@dataclass(frozen=True, slots=True)
class PhoneSecurityProfile(Noun):
    """The settings of Tables 5-1 (SCCP) and 5-2 (SIP) of the guide; model and protocol say which apply."""

    noun: ClassVar[str] = "phone-security-profile"
    title: ClassVar[str] = "Phone Security Profile"

    name: str = name_setting(
        "Name of the profile, as Phone Configuration offers it for this model and protocol: best put both in it.",
        requirement="PSP-16",
    )
    model: str = setting(
        "Phone Type",
        "Model of the phones that may use the profile.",
        choices=MODELS,
        listed=True,
        requirement="PSP-13",
    )
    protocol: Protocol = setting(
        "Device Protocol",
        "Protocol of the phones that may use the profile.",
        listed=True,
        requirement="PSP-13",
    )
    description: str = setting("Description", "Free text.", default="", requirement="PSP-17")
    device_security_mode: DeviceSecurityMode = setting(
        "Device Security Mode",
        "Non Secure: only the phone's software is checked. Authenticated: signalling over TLS that cannot be "
        "changed on the way, but read. Encrypted: signalling over encrypted TLS, and media encrypted wherever "
        "the other side can do so too. Counts only while the cluster is in mixed mode.",
        default=DeviceSecurityMode.NONSECURE,
        listed=True,
        applies=_where(lambda row: row.tls_signalling),
        requirement="PSP-19, PSP-20, PSP-21",
    )
    transport_type: TransportType = setting(
        "Transport Type",
        "How the phone's signalling travels when the mode is Non Secure: TCP keeps every message and their "
        "order, UDP is quick but may lose them; neither is protected. Authenticated and Encrypted always use "
        "TLS.",
        default=TransportType.TCP_UDP,
        listed=True,
        applies=_is_sip,
        requirement="PSP-22",
    )
    digest_authentication: bool = setting(
        "Enable Digest Authentication",
        "Challenge the phone's requests for the digest credentials of its digest user. This alone neither proves "
        "which device it is nor protects what it sends: use it together with a secure mode.",
        default=False,
        listed=True,
        applies=_is_sip,
        requirement="PSP-23, PSP-14",
    )
    nonce_validity_time: int = setting(
        "Nonce Validity Time",
        "How long a challenge can be answered; after that the call manager makes a new one.",
        default=600,
        minimum=1,
        maximum=86400,
        unit="seconds",
        applies=_is_sip,
        requirement="PSP-18, SIPD-07",
    )
    tftp_encrypted_config: bool = setting(
        "TFTP Encrypted Config",
        "Encrypt the phone's configuration file, which holds passwords and digest credentials. Counts only while "
        "the cluster is in mixed mode.",
        default=False,
        listed=True,
        applies=_where(lambda row: row.configuration_encryption is not ConfigurationEncryption.NONE),
        requirement="PSP-24, CFGENC-03",
    )
    exclude_digest_credentials: bool = setting(
        "Exclude Digest Credentials in Configuration File",
        "Leave the digest credentials out of the file; the phone keeps those it has. Meant for the 7905, 7912, "
        "7940 and 7960, but every model honours it.",
        default=False,
        applies=_where(lambda row: row.protocol is Protocol.SIP and not row.is_third_party),
        requirement="PSP-25, CFGENC-33",
    )
    authentication_mode: CapfAuthenticationMode = setting(
        "Authentication Mode",
        "How the phone proves to CAPF who it is before it gets a certificate. By Null String proves nothing and "
        "is only for closed, secure sites.",
        default=CapfAuthenticationMode.NULL_STRING,
        applies=_where(lambda row: row.tls_signalling),
        requirement="PSP-27, CAPF-14",
    )
    key_size: KeySize = setting(
        "Key Size",
        "The key for which CAPF makes the phone's certificate: RSA of so many bits, or EC on a curve of so many. "
        "With longer RSA keys the phone needs longer to make them, perhaps 30 minutes or more, and longer to "
        "connect. EC keys are quick, but cannot open an encrypted configuration file. Which ones there are, is "
        "up to the model.",
        default=KEY_SIZES[0],
        applies=_where(lambda row: row.tls_signalling),
        offered=_key_sizes,
        requirement="PSP-26",
    )
    sip_phone_port: int = setting(
        "SIP Phone Port",
        "Port on which phones with transport UDP listen; not used with TCP and TLS.",
        default=5060,
        minimum=1024,
        maximum=65535,
        applies=_is_sip,
        requirement="PSP-28",
    )
    predefined: bool = setting(
        "Predefined",
        "Supplied by the installation; can be neither changed nor removed.",
        default=False,
        read_only=True,
        requirement="PSP-02",
    )

    @property
    def transport_choices(self) -> tuple[TransportType, ...]:
        """Transports that the other settings leave open; one only means that the field is locked (PSP-22)."""
        row = capability_of(self.model, self.protocol)
        if row is None or self.protocol is not Protocol.SIP:
            return ()
        return transports(row, self.device_security_mode)

    def settled(self) -> Self:
        """A transport that is locked takes its only value: choosing Encrypted sets TLS (PSP-22, MODEL-16).

        The guide's preset key becomes the model's own where the model has outgrown that one.
        """
        transport, size = self.transport_choices, self.key_size
        sizes = _key_sizes(self)
        if sizes and size is KEY_SIZES[0] and size not in sizes:
            size = sizes[0]
        return replace(
            self, transport_type=transport[0] if len(transport) == 1 else self.transport_type, key_size=size
        )

    def rule_errors(self) -> Iterator[FieldError]:
        """The model must know the protocol, the mode must allow the transport, and the key must open the file."""
        known = protocols_of(self.model)
        if self.protocol not in known:
            yield FieldError("protocol", self.protocol.value, ", ".join(each.value for each in known))
        choices = self.transport_choices
        if choices and self.transport_type not in choices:
            allowed = ", ".join(each.value for each in choices)
            yield FieldError(
                "transport_type",
                self.transport_type.value,
                f"{allowed}, since the device security mode is {self.device_security_mode.label}",
            )
        row = capability_of(self.model, self.protocol)
        if (
            row is not None
            and row.configuration_encryption is ConfigurationEncryption.PUBLIC_KEY
            and self.tftp_encrypted_config
            and self.key_size.is_elliptic
        ):
            allowed = ", ".join(each.value for each in row.key_sizes if not each.is_elliptic)
            yield FieldError(
                "key_size",
                self.key_size.value,
                f"{allowed}, since TFTP Encrypted Config is on and an EC key cannot open an encrypted file",
            )
