"""What one phone did lately and how it ended, gathered from what each service keeps: for ``ringward why``.

Each service keeps its own, bounded; nothing is written twice and nothing is added to the hot path.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.domain.vocabulary import CertificateOperation
from ringward.services.call_manager.service import CallManagerService
from ringward.services.capf.description import CapfRun
from ringward.services.service import RunningService
from ringward.services.tftp.description import TftpRun
from ringward.services.tftp.library import Outcome


def device_timeline(
    device: str,
    call_manager: CallManagerService | None,
    files: RunningService | None,
    capf: RunningService | None,
) -> list[TimelineEntry]:
    """What is kept of a phone, oldest first."""
    entries = [*_registration(device, call_manager), *_requests(device, files), *_enrolment(device, capf)]
    hosts = {request.host for request in files.record.of(device)} if isinstance(files, TftpRun) else set()
    # Whether what came from there was this phone is known only where no other one is.
    shared = {host for host in hosts if call_manager is not None and call_manager.phones.others_at(device, host)}
    entries += _handshakes(hosts, shared, call_manager)
    entries += _nameless_calls(hosts, shared, capf)
    return sorted(entries, key=lambda entry: entry.at)


def _registration(device: str, call_manager: CallManagerService | None) -> Iterator[TimelineEntry]:
    if call_manager is None:
        return
    for view in call_manager.phones.registrations():
        if view.device == device:
            yield TimelineEntry(
                view.registered_since,
                Subject.REGISTRATION,
                f"line {view.line} ({view.number}) from {view.address} over {view.transport}",
                good=True,
                about=str(view.line),
                address=view.address,
                security=view.security_mode,
            )
    for departure in call_manager.phones.departures(device):
        yield TimelineEntry(
            departure.at,
            Subject.GONE,
            departure.reason,
            address=departure.address,
            reason=departure.reason,
        )
    for refusal in call_manager.phones.refusals():
        if refusal.device == device:
            yield TimelineEntry(
                refusal.at,
                Subject.REFUSAL,
                refusal.reason,
                good=False,
                address=refusal.address,
                reason=refusal.reason,
            )


def _requests(device: str, files: RunningService | None) -> Iterator[TimelineEntry]:
    if not isinstance(files, TftpRun):
        return
    for request in files.record.of(device):
        good = request.outcome is Outcome.SERVED
        reason = "" if good else request.reason or request.outcome.value
        yield TimelineEntry(
            request.time,
            Subject.FILE,
            f"{request.name} by {request.wire} from {request.host}: {reason or f'{request.octets} bytes'}",
            good=good,
            about=request.name,
            address=request.host,
            reason=reason,
        )


def _enrolment(device: str, capf: RunningService | None) -> Iterator[TimelineEntry]:
    if not isinstance(capf, CapfRun):
        return
    for call in capf.calls:
        if call.device == device:
            reason = call.reason
            yield TimelineEntry(
                call.at,
                Subject.CAPF,
                f"{call.operation.value} from {call.address}: {reason or call.outcome}",
                good=not reason if call.operation is not CertificateOperation.NONE else None,
                about=call.operation.value,
                address=call.address,
                reason=reason,
            )


def _nameless_calls(hosts: set[str], shared: set[str], capf: RunningService | None) -> Iterator[TimelineEntry]:
    """Calls to CAPF from where the phone fetches its files that ended before the caller had named himself."""
    if not isinstance(capf, CapfRun):
        return
    for call in capf.calls:
        if not call.device and call.outcome and call.address in hosts:
            yield TimelineEntry(
                call.at,
                Subject.CAPF,
                f"{_from(call.address, shared)}: {call.outcome}",
                good=_known_to_be_bad(call.address, shared),
                address=call.address,
                reason=call.outcome,
            )


def _handshakes(
    hosts: set[str], shared: set[str], call_manager: CallManagerService | None
) -> Iterator[TimelineEntry]:
    """Failed handshakes from where the phone fetches its files: who fails has proved no name."""
    if call_manager is None:
        return
    for failure in call_manager.phones.failed_handshakes():
        if failure.address in hosts:
            yield TimelineEntry(
                failure.at,
                Subject.TLS,
                f"{_from(failure.address, shared)}: {failure.reason}",
                good=_known_to_be_bad(failure.address, shared),
                address=failure.address,
                reason=failure.reason,
            )


def _from(host: str, shared: set[str]) -> str:
    return f"from {host}, where its files went{', and where other phones are' if host in shared else ''}"


def _known_to_be_bad(host: str, shared: set[str]) -> bool | None:
    return None if host in shared else False
