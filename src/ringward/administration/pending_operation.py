"""What becomes of a phone's record when somebody sets, changes or withdraws its certificate operation."""

from __future__ import annotations

from dataclasses import replace

from ringward.administration.enrolment import local_time
from ringward.administration.operation import View
from ringward.administration.service_control import services_that_run
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rules.certificate_operation import (
    AUTHENTICATION_STRING_HELP,
    OPERATION_PENDING,
    is_over,
    is_too_short,
    moment,
    preset_deadline,
)
from ringward.domain.service import CAPF
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, DeviceCertificateStatus
from ringward.store import device_certificates

_FIELDS = ("certificate_operation", "authentication_string", "operation_completes_by")
_HAS_ONE = (DeviceCertificateStatus.INSTALLED, DeviceCertificateStatus.SENT, DeviceCertificateStatus.SEEN)


def with_operation(view: View, before: Phone | None, after: Phone, now: int) -> Phone:
    """The record with what follows from its certificate operation: deadline (CAPF-35) and status (CAPF-30).

    Raises :class:`Invalid` for an operation that could never succeed.
    """
    capability = capability_of(after.model, after.protocol)
    if before is not None and all(getattr(before, name) == getattr(after, name) for name in _FIELDS):
        return after
    if capability is None or not capability.tls_signalling:
        return after  # such a phone has none of these fields, and its record is checked for that
    if after.certificate_operation is CertificateOperation.NONE:
        if before is None or before.certificate_operation is CertificateOperation.NONE:
            return after
        return replace(after, authentication_string=None, operation_completes_by="", operation_status="")
    clock = local_time(now)
    if not after.operation_completes_by:
        days = view.once(enterprise_parameters).capf_operation_expires
        after = replace(after, operation_completes_by=preset_deadline(clock, days))
    errors = [*_deadline_errors(after, moment(clock), over=is_over(after.operation_completes_by, clock))]
    errors += [*_certificate_errors(view, after, mic=capability.mic), *_profile_errors(view, after)]
    if errors:
        raise Invalid(after.noun, after.key, errors)
    return replace(after, operation_status=OPERATION_PENDING)


def warning_without_capf(view: View) -> str:
    """What to know of a pending operation while CAPF runs nowhere (CAPF-03, CAPF-34); empty while it runs."""
    if any(CAPF.name in running for running in services_that_run(view).values()):
        return ""
    return f"CAPF does not run, so the phones find nobody to call: activate and start the service {CAPF.name}."


def _deadline_errors(phone: Phone, now: str, *, over: bool) -> list[FieldError]:
    if not over:
        return []
    return [FieldError("operation_completes_by", phone.operation_completes_by, f"a time after now, {now}")]


def _certificate_errors(view: View, phone: Phone, *, mic: bool) -> list[FieldError]:
    """Nothing can be deleted or shown where there is no certificate (CAPF-27)."""
    if mic or phone.certificate_operation is CertificateOperation.INSTALL_UPGRADE:
        return []
    if device_certificates.of_device(view.connection, phone.device_name, _HAS_ONE):
        return []
    value = phone.certificate_operation.value
    return [FieldError("certificate_operation", value, "Install/Upgrade, as the phone has no certificate")]


def _profile_errors(view: View, phone: Phone) -> list[FieldError]:
    profile = view.find(PhoneSecurityProfile, phone.security_profile)
    if profile is None:
        return []
    errors = []
    by_string = profile.authentication_mode is CapfAuthenticationMode.AUTHENTICATION_STRING
    if by_string and not phone.authentication_string:
        errors.append(
            FieldError("authentication_string", "", f"{AUTHENTICATION_STRING_HELP}, entered or generated")
        )
    elif phone.authentication_string and not by_string:
        mode = profile.authentication_mode.value
        errors.append(FieldError("authentication_string", "(hidden)", f"nothing, as the profile says {mode}"))
    smallest = min(
        (each.smallest_key_size for each in view.once(service_parameters, CapfParameters).values()), default=0
    )
    installs = phone.certificate_operation is CertificateOperation.INSTALL_UPGRADE
    if installs and is_too_short(profile.key_size, smallest):
        allowed = f"at least {smallest} bits, the service parameter Smallest Key Size; the profile asks for fewer"
        errors.append(FieldError("key_size", profile.key_size.value, allowed))
    return errors
