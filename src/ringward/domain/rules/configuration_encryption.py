"""Names and protection of a phone's configuration file, by model and protocol (MODEL-05 to MODEL-09, CFGENC)."""

from __future__ import annotations

import re
from hashlib import md5

from ringward.domain.phone_models import PhoneCapability
from ringward.domain.rules.device_name import hardware_address
from ringward.domain.vocabulary import ClusterSecurityMode, ConfigurationEncryption, DigestSource

_MANUAL = frozenset({ConfigurationEncryption.MANUAL_RC4, ConfigurationEncryption.MANUAL_AES})
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_BITS_PER_DIGIT = 4


def method_in_effect(
    tftp_encrypted_config: bool, cluster: ClusterSecurityMode, capability: PhoneCapability
) -> ConfigurationEncryption:
    """How a phone's file is encrypted now.

    Only in a mixed cluster and with the profile's flag (CFGENC-02, CFGENC-03); the device security mode has no say
    in it (CFGENC-10).
    """
    if cluster is ClusterSecurityMode.NONSECURE or not tftp_encrypted_config:
        return ConfigurationEncryption.NONE
    return capability.configuration_encryption


def encrypted_file_name(capability: PhoneCapability, device_name: str) -> str | None:
    """Name of the encrypted configuration file of a phone; None if its model has none (CFGENC-11, R-27)."""
    if not capability.encrypted_file_name:
        return None
    return capability.encrypted_file_name.format(mac=hardware_address(device_name))


def has_manual_key(capability: PhoneCapability) -> bool:
    """Whether the model's file is encrypted with a key that is typed in on both sides (CFGENC-12)."""
    return capability.configuration_encryption in _MANUAL


def certificate_hash(der: bytes) -> str:
    """``certHash`` in a phone's file: MD5 of its certificate, 32 lower-case hexadecimal digits (CFGENC-22)."""
    return md5(der, usedforsecurity=False).hexdigest()


def is_symmetric_key(capability: PhoneCapability, text: str) -> bool:
    """Whether a text is a symmetric key of exactly the length that the model takes (CFGENC-17, ADMIN-43)."""
    digits = capability.key_bits // _BITS_PER_DIGIT
    return has_manual_key(capability) and len(text) == digits and _HEXADECIMAL.fullmatch(text) is not None


def deletes_symmetric_key(text: str) -> bool:
    """Whether a key is all zeros: a 7940 or 7960 at which it is entered has none any more (CFGENC-21, R-28)."""
    return not text.strip("0")


def carries_digest_credentials(
    capability: PhoneCapability, *, digest_authentication: bool, exclude_digest_credentials: bool
) -> bool:
    """Whether digest credentials go into the phone's file, encrypted or not (MODEL-12, SIPD-19, CFGENC-33)."""
    by_file = capability.digest_source in (DigestSource.FILE, DigestSource.FILE_OR_TYPED)
    return by_file and digest_authentication and not exclude_digest_credentials
