"""Why a phone is not registered or not secure: what configuration, certificates, log and node know, in one answer.

What the phone did lately only the running node knows: whoever asks hands its timeline in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ringward.administration import service_control
from ringward.administration.authorization import Actor, is_allowed
from ringward.administration.operation import Operations, View
from ringward.administration.phones import RESET
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.calls.events import Cause
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.domain.rules.call_security import NOT_CONNECTED
from ringward.domain.rules.device_security import mode_in_effect
from ringward.domain.rules.why import Check, Hurdle, Obstacle, PhoneFacts, Verdict, checks, verdict
from ringward.domain.service import CAPF
from ringward.domain.setting import settings_of
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceCertificateKind,
    DeviceSecurityMode,
)
from ringward.files import file_names
from ringward.files.file_names import FileKind
from ringward.store import audit, call_records, device_certificates, trust_lists
from ringward.store.audit import AuditEntry, AuditFilter, Outcome
from ringward.store.call_records import CallFilter
from ringward.store.device_certificates import HELD

_ACTS = 10
"""Entries of the audit log that are shown, the latest ones."""
_CALLS = 10
"""Calls that are shown, the latest ones."""
_CALLS_SINCE = 24 * 60 * 60 * 1000
"""Milliseconds for which they are looked for."""
_DIGITS = len("00:11:22:33:44:55")
"""Of a fingerprint, enough to name one certificate of a cluster."""
_LABELS = {item.name: item.setting.label for item in settings_of(Phone)}


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    """How a phone is, why, and what it did."""

    device: str
    verdict: Verdict
    checks: tuple[Check, ...]
    timeline: tuple[TimelineEntry, ...]
    """Oldest first."""

    def as_json(self) -> dict[str, Any]:
        """The answer as ``--json`` and the programming interface have it."""
        found = self.verdict
        return {
            "device": self.device,
            "verdict": {
                "is_well": found.is_well,
                "state": found.state,
                "next_step": found.next_step,
                "place": found.place.value,
                "command": found.command,
            },
            "checks": [
                {"subject": each.subject, "passed": each.passed, "text": each.text} for each in self.checks
            ],
            "timeline": [each.as_json() for each in self.timeline],
        }


class Why:
    """The use case."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def of_phone(self, actor: Actor, device: str, seen: Iterable[TimelineEntry]) -> PhoneAnswer:
        """The answer. ``seen``: what the node has seen of the phone, oldest first. Raises :class:`NotFound`."""
        seen = tuple(seen)
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            facts = _facts(view, device, seen)
            acts = tuple(_acts(view, device)) if is_allowed(actor, "audit.read") else ()
            calls: tuple[TimelineEntry, ...] = ()
            if is_allowed(actor, "call-detail-record.read"):
                calls = tuple(_refused_calls(view, facts.device, self._operations.now() - _CALLS_SINCE))
        timeline = tuple(sorted((*seen, *acts, *calls), key=lambda entry: entry.at))
        return PhoneAnswer(facts.device, verdict(facts), checks(facts), timeline)


def _facts(view: View, device: str, seen: Sequence[TimelineEntry]) -> PhoneFacts:
    phone = view.get(Phone, device)
    profile = view.get(PhoneSecurityProfile, phone.security_profile)
    cluster = enterprise_parameters(view).cluster_security_mode
    capability = capability_of(phone.model, phone.protocol)
    configured = profile.device_security_mode
    held = device_certificates.of_device(view.connection, phone.device_name, HELD)
    speaks_tls = capability is not None and capability.tls_signalling
    if not speaks_tls:  # then it was another phone's
        seen = [entry for entry in seen if entry.subject is not Subject.TLS]
    files = [entry for entry in seen if entry.subject is Subject.FILE]
    file = next((entry for entry in reversed(files) if not _is_trust_list(entry)), None)
    registration, call = _last(seen, Subject.REGISTRATION), _last(seen, Subject.CAPF)
    handshake = _last(seen, Subject.TLS)
    since, obstacle = _obstacle(file, seen)
    return PhoneFacts(
        phone.device_name,
        profile.key,
        configured,
        mode_in_effect(configured, cluster, capability) if capability else DeviceSecurityMode.NONSECURE,
        cluster,
        has_certificate=bool(held),
        operation_pending=phone.certificate_operation is not CertificateOperation.NONE,
        registered=registration is not None,
        registered_mode=registration.security if registration is not None else "",
        obstacle=obstacle,
        asked_for_files=bool(files),
        last_file_problem=_file_problem(file),
        model=phone.model,
        speaks_tls=speaks_tls,
        made_with_certificate=capability is not None and capability.mic,
        lsc=next((row.fingerprint[:_DIGITS] for row in held if row.kind is DeviceCertificateKind.LSC), ""),
        certificate=", ".join(f"{row.kind.value} until {_day(row.expires_at)}" for row in held),
        needs_string=profile.authentication_mode is CapfAuthenticationMode.AUTHENTICATION_STRING,
        capf_failure=call.reason if call is not None else "",
        capf_order=_capf_order(view),
        handshake_nearby=(
            handshake.reason if handshake is not None and handshake.good is None and handshake.at >= since else ""
        ),
        holds_other_list=_holds_other_list(view, phone.device_name),
    )


def _obstacle(file: TimelineEntry | None, seen: Sequence[TimelineEntry]) -> tuple[float, Obstacle | None]:
    """What the phone came to last, and when, of what is known to be its own; nothing that it has got over since.

    Without any the time is when it was last registered.
    """
    candidates: dict[Hurdle, TimelineEntry | None] = {
        Hurdle.FILE: file if file is not None and file.good is False else None,
        Hurdle.HANDSHAKE: next((each for each in reversed(seen) if _is_own_handshake(each)), None),
        Hurdle.REFUSAL: _last(seen, Subject.REFUSAL),
        Hurdle.GONE: _last(seen, Subject.GONE),
    }
    here = max((each.at for each in seen if each.subject is Subject.REGISTRATION), default=0.0)
    gone = candidates[Hurdle.GONE]
    if gone is not None:
        here = max(here, gone.at)
        if file is not None and file.at > gone.at:  # it has started anew since
            candidates[Hurdle.GONE] = None
    found = [
        (entry.at, hurdle, entry) for hurdle, entry in candidates.items() if entry is not None and entry.at >= here
    ]
    if not found:
        return here, None
    at, hurdle, entry = max(found, key=lambda each: each[0])
    return at, Obstacle(hurdle, _file_problem(entry) if hurdle is Hurdle.FILE else entry.reason)


def _is_own_handshake(entry: TimelineEntry) -> bool:
    return entry.subject is Subject.TLS and entry.good is False


def _is_trust_list(entry: TimelineEntry) -> bool:
    name = file_names.parse(entry.about)
    return name is not None and name.kind is FileKind.TRUST_LIST


def _file_problem(file: TimelineEntry | None) -> str:
    return f"{file.about}: {file.reason}" if file is not None and file.good is False else ""


def _holds_other_list(view: View, device: str) -> bool | None:
    held, present = trust_lists.held_by(view.connection, device), trust_lists.current(view.connection)
    return None if held is None or present is None else held != present.hash


def _capf_order(view: View) -> str:
    """The command that makes CAPF run; empty if it shall run somewhere."""
    states = service_control.states_of(view, CAPF)
    if any(state.runs for state in states):
        return ""
    return f"ringward service {'start' if any(state.activated for state in states) else 'activate'} capf"


def _last(entries: Sequence[TimelineEntry], subject: Subject) -> TimelineEntry | None:
    return next((entry for entry in reversed(entries) if entry.subject is subject), None)


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d")


def _acts(view: View, device: str) -> Iterator[TimelineEntry]:
    """What was done about the phone lately, by whom, oldest first."""
    found = audit.entries(view.connection, AuditFilter(noun=Phone.noun, key=device), limit=_ACTS)
    for entry in reversed(found):
        if entry.outcome is not Outcome.DENIED:
            yield TimelineEntry(entry.at / 1000, Subject.ADMINISTRATION, _words(entry), None, entry.actor)


def _refused_calls(view: View, device: str, since: int) -> Iterator[TimelineEntry]:
    """Calls of the phone that came to nothing for want of media, oldest first: mostly for security (MEDIA-08)."""
    numbers = tuple(line.number for line in view.get(Phone, device).lines)
    wanted = CallFilter(device=device, reached=numbers, since=since, cause=Cause.INCOMPATIBLE_MEDIA.value)
    for row in reversed(call_records.rows(view.connection, wanted, limit=_CALLS)):
        if row["calling_device"] == device:
            who = f"call {row['call_id']} to {row['originally_called_number']}"
        else:
            who = f"call {row['call_id']} from {row['calling_number']}"
        reason = row["security_reason"]
        if reason == NOT_CONNECTED.reason:
            reason = "no media that both parties take"
        text, about = f"{who}: {reason}", str(row["call_id"])
        yield TimelineEntry(row["end_time"] / 1000, Subject.CALL, text, good=False, about=about, reason=reason)


def _words(entry: AuditEntry) -> str:
    if entry.permission == RESET:
        return f"told to {entry.after.get('order', 'reset')} by {entry.actor}"
    if entry.outcome is Outcome.UPDATED:
        fields = ", ".join(_LABELS.get(name, name) for name in entry.after)
        return f"changed by {entry.actor}: {fields}"
    if entry.outcome is Outcome.DONE:
        _, _, act = entry.permission.partition(".")
        return f"{act} by {entry.actor}"
    return f"{entry.outcome.value} by {entry.actor}"
