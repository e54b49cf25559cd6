"""What each phone model can do under each protocol: one table for forms, files and rules (SYS-10, MODEL-17).

Cells that the guide does not state but that follow from it are marked "inferred". A model's row is data: a new
model is a new row, never a new branch elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ringward.domain.vocabulary import (
    ConfigurationEncryption,
    DigestSource,
    FileFamily,
    KeySize,
    PcVoiceVlanFilter,
    Protocol,
)

THIRD_PARTY_SIP = "Third-party SIP"
"""Any SIP phone that does not read our configuration files (MODEL-15)."""

WIDEBAND = "L16-256k"
_NARROWBAND = ("G711-64k", "G729-8k")
_HARDENING_WITHOUT_PC_PORT = frozenset({"settings_access", "gratuitous_arp", "web_access"})
_HARDENING_WITH_PC_PORT = _HARDENING_WITHOUT_PC_PORT | {"pc_port"}
_HARDENING = _HARDENING_WITH_PC_PORT | {"pc_voice_vlan_access"}
"""Names of the fields of a phone by which it is hardened (HARD-01)."""


KEY_SIZES = (KeySize.RSA_1024, KeySize.RSA_512, KeySize.RSA_2048)
"""Keys that the guide's phones can make (PSP-26); the preset one comes first, here and in each row."""
_RECENT_KEY_SIZES = (
    KeySize.RSA_2048,
    KeySize.RSA_3072,
    KeySize.RSA_4096,
    KeySize.EC_256,
    KeySize.EC_384,
    KeySize.EC_521,
)
"""Those of today, without the short ones."""


@dataclass(frozen=True, slots=True)
class PhoneCapability:
    """One row: a model under one protocol."""

    model: str
    protocol: Protocol
    station_type: int | None
    """The model's code in SCCP and in default files; None for phones that know neither, and if it is not known."""
    max_lines: int
    file_family: FileFamily
    tls_signalling: bool = False
    """Can be registered over TLS; such models also hold a locally significant certificate and speak CAPF."""
    key_sizes: tuple[KeySize, ...] = ()
    """Keys that it can make for such a certificate, the preset one first."""
    srtp: bool = False
    mic: bool = False
    """Leaves the factory with a certificate (MODEL-11)."""
    configuration_encryption: ConfigurationEncryption = ConfigurationEncryption.NONE
    encrypted_file_name: str = ""
    """Name of its encrypted configuration file with ``{mac}`` for the hardware address (CFGENC-11)."""
    checks_file_signature: bool = False
    """False: takes files whatever their signature (MODEL-05)."""
    checks_certificate_signature: bool = True
    """The second of the two flags of MODEL-20; no model is known that does not check (R-62)."""
    digest_source: DigestSource = DigestSource.NONE
    codecs: tuple[str, ...] = _NARROWBAND
    """Codecs it offers, named as in regions; for display and planning: calls go by what a phone really offers."""
    wideband_when_encrypted: bool = True
    """False: its wideband codec is passed over in encrypted calls (MODEL-14)."""
    built_in_bridge: bool = False
    bridge_when_encrypted: bool = True
    """False: cannot take a barge during an encrypted call (MODEL-13)."""
    hardening: frozenset[str] = frozenset()
    """The hardening fields that it understands (HARD-01)."""
    pc_voice_vlan_filter: PcVoiceVlanFilter = PcVoiceVlanFilter.NOT_POSSIBLE
    phone_password: bool = False
    """Whether its configuration file can carry the unlock code of its settings menu (HARD-17)."""

    @property
    def is_third_party(self) -> bool:
        """Whether it takes nothing from us but SIP (MODEL-15)."""
        return self.file_family is FileFamily.NONE

    @property
    def key_bits(self) -> int:
        """Length of the key of its encrypted configuration file; 0 if it has none (MODEL-06 to MODEL-08)."""
        return {
            ConfigurationEncryption.NONE: 0,
            ConfigurationEncryption.MANUAL_RC4: 256,
            ConfigurationEncryption.MANUAL_AES: 128,
            ConfigurationEncryption.PUBLIC_KEY: 128,
        }[self.configuration_encryption]


def _small(model: str, station_type: int, *, pc_port: bool) -> tuple[PhoneCapability, PhoneCapability]:
    """7905 and 7912: no TLS (inferred), manual RC4 under SIP; the 7912 cannot filter the voice VLAN (HARD-10)."""
    sccp = PhoneCapability(
        model,
        Protocol.SCCP,
        station_type,
        max_lines=1,
        file_family=FileFamily.SEP_XML,
        hardening=_HARDENING_WITH_PC_PORT if pc_port else _HARDENING_WITHOUT_PC_PORT,
    )
    sip = replace(
        sccp,
        protocol=Protocol.SIP,
        file_family=FileFamily.PROFILE_TEXT,
        configuration_encryption=ConfigurationEncryption.MANUAL_RC4,
        encrypted_file_name="LD{mac}.x",
        digest_source=DigestSource.FILE,
        hardening=frozenset(),  # its profile has no names for these settings
        phone_password=True,
    )
    return sccp, sip


def _classic(model: str, station_type: int, max_lines: int) -> tuple[PhoneCapability, PhoneCapability]:
    """7940 and 7960: no MIC (inferred); under SIP TLS without SRTP, and flat files (MODEL-03, MODEL-07)."""
    sccp = PhoneCapability(
        model,
        Protocol.SCCP,
        station_type,
        max_lines,
        file_family=FileFamily.SEP_XML,
        tls_signalling=True,
        key_sizes=KEY_SIZES,
        srtp=True,
        checks_file_signature=True,  # inferred
        codecs=(WIDEBAND, *_NARROWBAND),
        wideband_when_encrypted=False,
        built_in_bridge=True,
        bridge_when_encrypted=False,
        hardening=_HARDENING,
        pc_voice_vlan_filter=PcVoiceVlanFilter.VOICE_VLAN,
    )
    sip = replace(
        sccp,
        protocol=Protocol.SIP,
        file_family=FileFamily.SIP_FLAT,
        srtp=False,
        checks_file_signature=False,
        configuration_encryption=ConfigurationEncryption.MANUAL_AES,
        encrypted_file_name="SIP{mac}.cnf.enc.sgn",
        digest_source=DigestSource.FILE_OR_TYPED,
        hardening=frozenset(),  # its flat file has no names for these settings
        pc_voice_vlan_filter=PcVoiceVlanFilter.NOT_POSSIBLE,
        phone_password=True,
    )
    return sccp, sip


def _java(
    model: str, station_type: int | None, max_lines: int, *, pc_port: bool = True
) -> tuple[PhoneCapability, PhoneCapability]:
    """7906, 7911, 7941, 7961, 7970, 7971: everything (MODEL-01, MODEL-02, MODEL-08, MODEL-11).

    HARD-09 names the VLAN behaviour for the 7970 alone; for its siblings it is inferred.
    """
    sccp = PhoneCapability(
        model,
        Protocol.SCCP,
        station_type,
        max_lines,
        file_family=FileFamily.SEP_XML,
        tls_signalling=True,
        key_sizes=KEY_SIZES,
        srtp=True,
        mic=True,
        configuration_encryption=ConfigurationEncryption.PUBLIC_KEY,
        encrypted_file_name="SEP{mac}.cnf.xml.enc.sgn",
        checks_file_signature=True,
        codecs=("G722-64k", *_NARROWBAND),
        built_in_bridge=True,
        hardening=_HARDENING if pc_port else _HARDENING_WITHOUT_PC_PORT,
        pc_voice_vlan_filter=PcVoiceVlanFilter.ALL_TAGGED if pc_port else PcVoiceVlanFilter.NOT_POSSIBLE,
        phone_password=True,
    )
    sip = replace(
        sccp,
        protocol=Protocol.SIP,
        encrypted_file_name="SIP{mac}.cnf.xml.enc.sgn",
        digest_source=DigestSource.FILE,
    )
    return sccp, sip


def _recent(model: str, max_lines: int) -> PhoneCapability:
    """Desk phones that are newer than the guide, with SIP alone: the row of a 7971 but for what is given here.

    Longer keys and keys on elliptic curves are theirs. Whatever is not known of them is inferred.
    """
    _, sip = _java(model, None, max_lines)
    return replace(sip, encrypted_file_name="SEP{mac}.cnf.xml.enc.sgn", key_sizes=_RECENT_KEY_SIZES)


_ROWS = (
    *_small("7905", 20000, pc_port=False),
    *_java("7906", 369, 1, pc_port=False),
    *_java("7911", 307, 1),
    *_small("7912", 30007, pc_port=True),
    *_classic("7940", 8, 2),
    *_java("7941", 115, 2),
    *_java("7941G-GE", 309, 2),
    *_classic("7960", 7, 6),
    *_java("7961", 30018, 6),
    *_java("7961G-GE", 308, 6),
    *_java("7970", 30006, 8),
    *_java("7971", 119, 8),
    _recent("7821", 2),
    _recent("7841", 4),
    _recent("7861", 16),
    _recent("8841", 10),
    _recent("8851", 10),
    _recent("8861", 10),
    PhoneCapability(
        THIRD_PARTY_SIP,
        Protocol.SIP,
        station_type=None,
        max_lines=8,
        file_family=FileFamily.NONE,
        digest_source=DigestSource.TYPED,
        codecs=("G722-64k", *_NARROWBAND),
    ),
)

CAPABILITIES: Mapping[tuple[str, Protocol], PhoneCapability] = {(row.model, row.protocol): row for row in _ROWS}
"""The table, by model and protocol."""
MODELS: tuple[str, ...] = tuple(dict.fromkeys(row.model for row in _ROWS))
"""Names of all models."""
MODELS_BY_STATION_TYPE: Mapping[int, str] = {
    row.station_type: row.model for row in _ROWS if row.station_type is not None
}
"""Model names by the code under which they announce themselves."""


def capability_of(model: str, protocol: Protocol) -> PhoneCapability | None:
    """The row of a model and protocol; None if there is no such phone."""
    return CAPABILITIES.get((model, protocol))


def protocols_of(model: str) -> tuple[Protocol, ...]:
    """The protocols a model can be run with."""
    return tuple(row.protocol for row in _ROWS if row.model == model)
