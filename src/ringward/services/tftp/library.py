"""The library: finds or builds what a name stands for, and keeps it until the configuration changes.

Ways to a file, in this order: the cache; a phone's or default file, built from the configuration; a static file; a
ring list or dial plan made up where the administrator has put none. Between building and the cache stands a
:class:`~ringward.services.tftp.protection.Protection`, which signs and encrypts in a mixed cluster; without it
only clear files exist (TFTP-01). Trust lists have a way of their own: they are signed already.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import Enum

from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import FILE_NOT_BUILT
from ringward.domain.vocabulary import FileFamily
from ringward.files import (
    defaults,
    dial_plan,
    envelope,
    file_names,
    flat_sip,
    ld_profile,
    ring_list,
    sep_xml,
    xml_document,
)
from ringward.files.file_names import FileForm, FileKind, FileName
from ringward.files.phone_configuration import PhoneConfiguration, Unwritable
from ringward.files.trust_list import TrustListKind
from ringward.services.alarm_log import log_alarm
from ringward.services.tftp.protection import NoSuchForm, Protection, Unprotected
from ringward.services.tftp.requested_name import objection
from ringward.services.tftp.source import ConfigurationSource
from ringward.services.tftp.static_files import StaticFiles
from ringward.services.tftp.trust_lists import NoTrustLists, TrustLists

log = logging.getLogger(__name__)

MAX_CACHE = 128 * 1024 * 1024
"""Octets kept in memory: the files of some ten thousand phones; the longest unused go first."""
_WITHOUT_EFFECT = frozenset(
    {
        *("region", "partition", "calling-search-space", "application-user", "service"),
        *("hunt-pilot", "line-group", "park-number", "pickup-group", "message-waiting"),
        "auto-registration",
        *("certificate", "trusted-certificate"),  # a new signer has all files signed anew
    }
)
"""Nouns that no phone file shows."""
_OF_ONE_PHONE = frozenset({"phone", "device-certificate"})
"""Nouns whose key is the phone in whose files alone they show."""


def shows_at(noun: str, key: str, device: str) -> bool:
    """Whether a change may show in the files of a device."""
    return noun not in _WITHOUT_EFFECT and (noun not in _OF_ONE_PHONE or key == device)


class Outcome(Enum):
    """How a request ended."""

    SERVED = "served"
    NOT_FOUND = "not found"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says to a name."""

    outcome: Outcome
    content: bytes = b""
    reason: str = ""
    """For the log and the administrator, never for the wire."""
    device_name: str = ""
    """The phone the name belongs to, if it belongs to one."""
    configured: bool = False
    """Whether that phone is configured."""


class FileLibrary:
    """Safe to use from several threads: one builds at a time, so nothing is built twice for a crowd."""

    def __init__(
        self,
        source: ConfigurationSource,
        static: StaticFiles,
        *,
        protection: Protection | None = None,
        trust_lists: TrustLists | None = None,
        max_cache: int = MAX_CACHE,
        alarm: Report = log_alarm,
    ) -> None:
        """``max_cache`` is in octets; 0 builds every file anew (TFTP-04)."""
        self._source = source
        self._static = static
        self._protection = protection or Unprotected()
        self._trust_lists = trust_lists or NoTrustLists()
        self._max_cache = max_cache
        self._alarm = alarm
        self._cache: OrderedDict[str, Answer] = OrderedDict()
        self._cached_octets = 0
        self._generation = 0
        self._lock = threading.Lock()
        self._building = threading.Lock()

    def at_once(self, name: str) -> Answer | None:
        """The answer that needs no building, no database and no disk; None when :meth:`find` must be asked."""
        why = objection(name)
        if why:
            return _refused(why)
        return self._kept(_key(name)) or self._trust_list_at_once(name)

    def find(self, name: str) -> Answer:
        """The answer to a name; may wait for the database, the disk and what others are building."""
        why = objection(name)
        if why:
            return _refused(why)
        known = file_names.parse(name)
        if known is not None and known.kind is FileKind.TRUST_LIST:
            return self._find_trust_list(name, known)
        if known is None or known.kind in (FileKind.RING_LIST, FileKind.DIAL_PLAN):
            return self._find_static(name, known)
        key = _key(name)
        with self._building:
            ready = self._kept(key)
            if ready is not None:
                return ready
            generation = self._generation
            answer = self._build(name, known)
            if answer.outcome is Outcome.SERVED:
                self._keep(key, answer, generation)
            return answer

    def invalidate(self, noun: str, key: str) -> None:
        """A record has changed, and the source knows it already: forget every file that may show it."""
        if noun in _WITHOUT_EFFECT:
            return
        if noun not in _OF_ONE_PHONE:
            self.clear()
            return
        with self._lock:
            self._generation += 1
            for name in [name for name, answer in self._cache.items() if answer.device_name == key]:
                self._cached_octets -= len(self._cache.pop(name).content)

    def clear(self) -> dict[str, Answer]:
        """Forget every built file; returns what is forgotten."""
        with self._lock:
            forgotten = dict(self._cache)
            self._generation += 1
            self._cache.clear()
            self._cached_octets = 0
        return forgotten

    @property
    def generation(self) -> int:
        """Another number after each change of the configuration."""
        return self._generation

    def sign_anew(self, name: str, before: Answer | None, generation: int) -> None:
        """Sign a file by who signs now; ``before`` is what was served, which ``generation`` still stood for.

        Its content need not be built again unless the configuration has changed, or it is encrypted.
        """
        known = file_names.parse(name)
        if before is None or known is None or known.form is not FileForm.SIGNED or generation != self._generation:
            self.find(name)
        elif self.at_once(name) is None:
            clear = before.content[envelope.header_length(before.content) :]
            content = self._protection.protect(name, known.form, clear, None, _stamp(known, clear))
            self._keep(_key(name), replace(before, content=content), generation)

    def _kept(self, key: str) -> Answer | None:
        with self._lock:
            kept = self._cache.get(key)
            if kept is not None:
                self._cache.move_to_end(key)
            return kept

    def _keep(self, key: str, answer: Answer, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._cache[key] = answer
            self._cached_octets += len(answer.content)
            while self._cached_octets > self._max_cache:
                _, dropped = self._cache.popitem(last=False)
                self._cached_octets -= len(dropped.content)

    def _find_static(self, name: str, known: FileName | None) -> Answer:
        clear = self._static.read(name)
        if clear is not None:
            return Answer(Outcome.SERVED, clear)
        form = known.form if known is not None else _form(name)
        stem = name[: len(name) - len(form.value)] if form.value else name
        if form is not FileForm.CLEAR:
            clear = self._static.read(stem)
        if clear is None and known is not None:
            clear = (
                dial_plan.build() if known.kind is FileKind.DIAL_PLAN else ring_list.build(self._static.names())
            )
        if clear is None:
            return Answer(Outcome.NOT_FOUND, reason="there is no such file")
        try:
            return Answer(Outcome.SERVED, self._protection.protect(name, form, clear, None))
        except NoSuchForm as error:
            return Answer(Outcome.NOT_FOUND, reason=str(error))

    def _trust_list_at_once(self, name: str) -> Answer | None:
        known = file_names.parse(name)
        if known is None or known.kind is not FileKind.TRUST_LIST or known.form is not FileForm.CLEAR:
            return None
        content = self._trust_lists.at_once(_trust_list_kind(name))
        if content is None:
            return None
        device = known.device_name
        return Answer(Outcome.SERVED, content, device_name=device, configured=self._source.knows(device))

    def _find_trust_list(self, name: str, known: FileName) -> Answer:
        device = known.device_name
        configured = self._source.knows(device)
        try:
            if known.form is not FileForm.CLEAR:
                raise NoSuchForm("a trust list carries its own signature; it is asked for by its plain name")
            content = self._trust_lists.find(name, _trust_list_kind(name))
        except NoSuchForm as error:
            return Answer(Outcome.NOT_FOUND, reason=str(error), device_name=device, configured=configured)
        return Answer(Outcome.SERVED, content, device_name=device, configured=configured)

    def _build(self, name: str, known: FileName) -> Answer:
        try:
            if known.device_name:
                return self._build_for_phone(name, known)
            clear = self._build_default(known)
        except Unwritable as error:
            self._alarm(raised(FILE_NOT_BUILT, name, f"{name} cannot be built: {error}"))
            return Answer(Outcome.NOT_FOUND, reason=str(error), device_name=known.device_name, configured=True)
        return self._protected(name, known, clear, None)

    def _build_for_phone(self, name: str, known: FileName) -> Answer:
        device = known.device_name
        phone = self._source.phone(device)
        if phone is None:
            reason = (
                f"{device} asked for its configuration but is not configured; add it with 'ringward phone add'"
            )
            return Answer(Outcome.NOT_FOUND, reason=reason, device_name=device)
        clear = _document(phone, known)
        if clear is None:
            kind = f"{phone.common.model} with {phone.common.protocol.value}"
            reason = f"{device} is configured as {kind}, which has no such file"
            return Answer(Outcome.NOT_FOUND, reason=reason, device_name=device, configured=True)
        return self._protected(name, known, clear, phone)

    def _build_default(self, known: FileName) -> bytes:
        default = self._source.defaults()
        if known.kind is FileKind.DEFAULT_XML:
            return defaults.build(default)
        if known.kind is FileKind.DEFAULT_FLAT_SIP:
            return flat_sip.build_default(default)
        return ld_profile.build_default(default)

    def _protected(self, name: str, known: FileName, clear: bytes, phone: PhoneConfiguration | None) -> Answer:
        device, configured = known.device_name, phone is not None
        try:
            content = self._protection.protect(name, known.form, clear, phone, _stamp(known, clear))
        except NoSuchForm as error:
            return Answer(Outcome.NOT_FOUND, reason=str(error), device_name=device, configured=configured)
        return Answer(Outcome.SERVED, content, device_name=device, configured=configured)


def _refused(why: str) -> Answer:
    return Answer(Outcome.REFUSED, reason=f"the name is refused: {why}")


def _key(name: str) -> str:
    """Under which a file is kept: a signed one says inside by which name it was asked for, capitals and all."""
    lowered = name.lower()
    return lowered if file_names.form_of(lowered) is FileForm.CLEAR else name


def _trust_list_kind(name: str) -> TrustListKind:
    return TrustListKind.CTL if name.lower().startswith("ctl") else TrustListKind.ITL


def _form(name: str) -> FileForm:
    """Static files are signed at most, never encrypted (TFTP-12)."""
    return FileForm.SIGNED if name.lower().endswith(FileForm.SIGNED.value) else FileForm.CLEAR


def _stamp(known: FileName, clear: bytes) -> bytes:
    """What tells the content of a built file from any other, if the file says so itself."""
    return xml_document.stamp_of(clear) if known.kind is FileKind.PHONE_XML else b""


def _document(phone: PhoneConfiguration, known: FileName) -> bytes | None:
    """The clear text of the form that was asked for, or None when this phone has no file of the kind.

    Once a phone's files are encrypted, every other form holds nothing confidential (TFTP-10).
    """
    hidden = phone.common.encrypted and known.form is not FileForm.ENCRYPTED
    family = phone.common.file_family
    match known.kind, family:
        case FileKind.PHONE_XML, FileFamily.SEP_XML:
            return sep_xml.build_partial(phone) if hidden else sep_xml.build(phone)
        case FileKind.PHONE_XML, FileFamily.SIP_FLAT | FileFamily.PROFILE_TEXT:
            return sep_xml.build_without_lines(phone)
        case FileKind.PHONE_FLAT_SIP, FileFamily.SIP_FLAT:
            return flat_sip.build(phone.without_secrets() if hidden else phone)
        case FileKind.PHONE_PROFILE, FileFamily.PROFILE_TEXT:
            if not ld_profile.is_asked_for(phone.common.model, known.prefix, known.form):
                return None
            return ld_profile.build(phone.without_secrets() if hidden else phone)
        case _:
            return None
