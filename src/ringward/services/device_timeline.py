"""What one phone did lately and how it ended, gathered from what each service keeps: for ``ringward why``.

Each service keeps its own, bounded; nothing is written twice and nothing is added to the hot path.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringward.domain.phone_timeline import Subject, TimelineEntry
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
    entries += _handshakes(hosts, call_manager)
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
            text = f"{call.operation.value} from {call.address}: {call.outcome}"
            yield TimelineEntry(call.at, Subject.CAPF, text, about=call.operation.value, address=call.address)


def _handshakes(hosts: set[str], call_manager: CallManagerService | None) -> Iterator[TimelineEntry]:
    """Failed handshakes from where the phone fetches its files: who fails has proved no name."""
    if call_manager is None:
        return
    for failure in call_manager.phones.failed_handshakes():
        if failure.address in hosts:
            yield TimelineEntry(
                failure.at,
                Subject.TLS,
                f"from {failure.address}, where its files went: {failure.reason}",
                good=False,
                address=failure.address,
                reason=failure.reason,
            )
