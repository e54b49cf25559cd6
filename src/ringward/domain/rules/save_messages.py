"""Messages shown after Save: the record is stored, but something about it deserves a second look (ADMIN-42)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rules.barge import barge_message
from ringward.domain.rules.configuration_encryption import carries_digest_credentials, has_manual_key
from ringward.domain.setting import Lookup, Noun
from ringward.domain.vocabulary import CapfAuthenticationMode, DeviceSecurityMode


def save_messages(
    record: Noun, lookup: Lookup, *, built_in_bridge_enable: bool, sharing: Iterable[Phone] = ()
) -> Iterator[str]:
    """What an administrator should know after saving ``record``; it is stored all the same.

    ``built_in_bridge_enable`` is the service parameter, which decides for phones set to Default (CALL-24).
    ``sharing``: of a phone, the other phones that have one of its numbers.
    """
    if isinstance(record, PhoneSecurityProfile):
        yield from _profile_messages(record)
    elif isinstance(record, Phone):
        yield from _phone_messages(record, lookup, built_in_bridge_enable)
        yield from _shared_line_messages(record, lookup, sharing)


def _profile_messages(profile: PhoneSecurityProfile) -> Iterator[str]:
    row = capability_of(profile.model, profile.protocol)
    if row is None:
        return
    in_file = carries_digest_credentials(
        row,
        digest_authentication=profile.digest_authentication,
        exclude_digest_credentials=profile.exclude_digest_credentials,
    )
    if in_file and not profile.tftp_encrypted_config:  # CFGENC-05
        yield (
            "Digest credentials go to these phones in configuration files that are not encrypted: check TFTP "
            "Encrypted Config, or exclude the digest credentials once the phones have them."
        )
    if (
        row.tls_signalling
        and profile.device_security_mode is not DeviceSecurityMode.NONSECURE
        and profile.authentication_mode is CapfAuthenticationMode.AUTHENTICATION_STRING
    ):  # CAPF-22, R-29
        yield (
            "Phones without a valid locally significant certificate cannot register with this profile, since "
            "with an authentication string they do not ask for one by themselves: install the certificates "
            "first."
        )


def _phone_messages(phone: Phone, lookup: Lookup, built_in_bridge_enable: bool) -> Iterator[str]:
    profile = lookup.find(PhoneSecurityProfile, phone.security_profile)
    row = capability_of(phone.model, phone.protocol)
    if profile is None or row is None:
        return
    if profile.digest_authentication:  # PSP-14, SIPD-20
        user = lookup.find(EndUser, phone.digest_user) if phone.digest_user else None
        if user is None:
            yield "The profile asks for digest authentication, but no Digest User is chosen: it cannot register."
        elif not user.digest_credentials:
            yield f"The digest user {user.user_id!r} has no digest credentials: the phone cannot register."
    if profile.tftp_encrypted_config and has_manual_key(row) and not phone.symmetric_key:  # CFGENC-20
        yield (
            "The profile has TFTP Encrypted Config, but the phone has no symmetric key and cannot register in a "
            f"mixed cluster: make one with 'ringward phone symmetric-key {phone.key}' and enter it at the phone."
        )
    if row.built_in_bridge:  # CALL-27
        message = barge_message(
            phone.model,
            profile.device_security_mode,
            phone.built_in_bridge,
            default=built_in_bridge_enable,
            bridge_when_encrypted=row.bridge_when_encrypted,
        )
        if message is not None:
            yield message


def _shared_line_messages(phone: Phone, lookup: Lookup, sharing: Iterable[Phone]) -> Iterator[str]:
    """A line of an encrypted phone should be on encrypted phones only (CLUSTER-20)."""
    ours = {line.directory_number for line in phone.lines}
    profile = lookup.find(PhoneSecurityProfile, phone.security_profile)
    for other in sharing:
        shared = sorted(ours & {line.directory_number for line in other.lines})
        theirs = lookup.find(PhoneSecurityProfile, other.security_profile)
        if other.key == phone.key or not shared or profile is None or theirs is None:
            continue
        modes = {profile.device_security_mode, theirs.device_security_mode}
        if len(modes) > 1 and DeviceSecurityMode.ENCRYPTED in modes:
            yield (
                f"{', '.join(shared)} is shared with {other.key}, whose device security mode is "
                f"{theirs.device_security_mode.label}: set all phones that share a line of an encrypted phone to "
                "Encrypted."
            )
