"""Why a phone is as secure as it is, or not there at all: one straight answer from what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ringward.domain.rules.device_security import PASSES_OVER_ITS_LSC
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """What is known of a phone."""

    device: str
    profile: str
    configured: DeviceSecurityMode
    """What its profile says."""
    in_effect: DeviceSecurityMode
    """What comes of that in this cluster, for this model."""
    cluster: ClusterSecurityMode
    has_certificate: bool
    """Whether it is known to hold a certificate, LSC or MIC."""
    operation_pending: bool
    """Whether a certificate operation waits for it."""
    registered: bool
    refusal: str = ""
    """Why it was last refused, if it has not registered since."""
    registered_mode: str = ""
    """In which mode it is registered, as the call manager shows it; the configuration may have changed since."""
    asked_for_files: bool = False
    """Whether it has asked for a file since the node started."""
    last_file_problem: str = ""
    """Why it did not get the last file it asked for; empty if it got it."""
    model: str = ""
    speaks_tls: bool = True
    """Whether its model, with its protocol, can sign in over TLS."""
    certificate: str = ""
    """The certificate in words."""
    lsc: str = ""
    """First digits of the fingerprint of the LSC that it has; empty if it has none."""
    failed_handshake: str = ""
    """Why the last TLS handshake at its address failed, if it has not registered since."""


class Place(Enum):
    """Where the next step is taken; pages make a link or a button of it."""

    NOWHERE = ""
    """There is none, or it is taken at the phone itself."""
    RECORD = "record"
    """The phone's record, with its profile."""
    RESET = "reset"
    CERTIFICATE_OPERATIONS = "certificate-operations"
    CTL_FILE = "ctl-file"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a phone is, and what to do next."""

    is_well: bool
    """Whether it is registered as its profile says."""
    state: str
    next_step: str
    """Empty if there is nothing to do."""
    place: Place = Place.NOWHERE
    command: str = ""
    """The command that takes the next step, if a command does."""

    @property
    def advice(self) -> str:
        """The next step with its command."""
        return f"{self.next_step.removesuffix('.')}: {self.command}" if self.command else self.next_step


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a secure phone needs, and whether this one has it."""

    subject: str
    passed: bool | None
    """None where it is not known, or does not matter for this phone."""
    text: str


def verdict(facts: PhoneFacts) -> Verdict:
    """The answer; what stands most in the way comes first."""
    if facts.registered:
        return _of_registered(facts)
    if facts.refusal:
        return _after_refusal(facts)
    if facts.last_file_problem:
        return Verdict(
            False,
            f"This phone is not registered, and did not get the last file: {facts.last_file_problem}.",
            "Mend that, then restart the phone.",
            Place.RECORD,
        )
    if not facts.asked_for_files:
        return Verdict(
            False,
            "This phone is not registered, and has asked for no file since the node started.",
            "Check its power, its network and that DHCP option 150 (or its TFTP server setting) names this node.",
        )
    if _lacks_certificate(facts):
        state = (
            f"This phone got its files but is not registered: its device security mode is "
            f"{facts.in_effect.label}, and it is not known to have a certificate."
        )
        return _give_certificate(facts, state)
    if facts.failed_handshake:
        return Verdict(
            False,
            f"This phone got its files but is not registered: {_failed_handshake(facts)}.",
            "Mend that, then restart the phone.",
        )
    return Verdict(
        False,
        "This phone got its files but is not registered, and no attempt of it to connect is known.",
        "Restart it. If it stays silent, check that the network lets it reach the SIP ports of this node.",
    )


def _of_registered(facts: PhoneFacts) -> Verdict:
    if facts.registered_mode and facts.registered_mode != facts.in_effect.label:
        return Verdict(
            False,
            f"This phone is registered as {facts.registered_mode}, but its device security mode is now "
            f"{facts.in_effect.label}: it does not know of the change yet.",
            "Reset it.",
            Place.RESET,
            _reset(facts),
        )
    if facts.in_effect is facts.configured:
        if facts.in_effect is DeviceSecurityMode.NONSECURE:
            state = f"This phone is registered, and nonsecure: its profile {facts.profile!r} is Non Secure."
            return Verdict(True, state, "For more, choose a secure profile for it, then reset it.", Place.RECORD)
        return Verdict(True, f"This phone is registered, and {facts.in_effect.label.lower()} as it should be.", "")
    but = (
        f"This phone is registered, but nonsecure: its profile {facts.profile!r} is {facts.configured.label}, but"
    )
    if facts.cluster is ClusterSecurityMode.NONSECURE:
        return Verdict(
            False,
            f"{but} the cluster is not in mixed mode.",
            "Make a CTL file with the CTL client.",
            Place.CTL_FILE,
            "ringward ctl --help",
        )
    return Verdict(
        False,
        f"{but} its model cannot speak TLS.",
        "Choose a Non Secure profile, or replace the phone.",
        Place.RECORD,
    )


def _after_refusal(facts: PhoneFacts) -> Verdict:
    state = f"This phone was refused: {facts.refusal}."
    if _lacks_certificate(facts):
        return _give_certificate(facts, state)
    if PASSES_OVER_ITS_LSC in facts.refusal and facts.lsc:
        step = (
            "Restart the phone if it has just got its LSC. If it has lost it, as by a factory reset, revoke it; "
            "then its MIC counts, and it can be given a new LSC."
        )
        return Verdict(False, state, step, Place.RECORD, f"ringward capf revoke {facts.lsc}")
    return Verdict(False, state, "Mend that, then reset the phone.", Place.RECORD, _reset(facts))


def _lacks_certificate(facts: PhoneFacts) -> bool:
    return facts.in_effect is not DeviceSecurityMode.NONSECURE and not facts.has_certificate


def _give_certificate(facts: PhoneFacts, state: str) -> Verdict:
    if facts.operation_pending:
        step = "A certificate operation waits for it: restart the phone, and type in its string if it has one."
        return Verdict(False, state, step, Place.RECORD)
    return Verdict(
        False,
        state,
        "Give it a certificate operation.",
        Place.CERTIFICATE_OPERATIONS,
        f"ringward capf set install {facts.device}",
    )


def _failed_handshake(facts: PhoneFacts) -> str:
    return f"TLS failed at its address: {facts.failed_handshake}"


def _reset(facts: PhoneFacts) -> str:
    return f"ringward phone reset {facts.device}"


def checks(facts: PhoneFacts) -> tuple[Check, ...]:
    """What a secure phone needs, in the order in which it comes about."""
    return tuple(_checks(facts))


def _checks(facts: PhoneFacts) -> Iterator[Check]:
    wants = facts.configured is not DeviceSecurityMode.NONSECURE
    mixed = facts.cluster is ClusterSecurityMode.MIXED
    yield Check(
        "Cluster security mode",
        mixed if wants or mixed else None,
        "Mixed: each phone is as secure as its profile says." if mixed else "Nonsecure: no phone is secure yet.",
    )
    yield Check("Profile", True if wants else None, f"{facts.profile} asks for the mode {facts.configured.label}.")
    can = "can" if facts.speaks_tls else "cannot"
    yield Check("Model", facts.speaks_tls if wants else None, f"{facts.model or 'It'} {can} speak TLS.")
    yield _of_files(facts)
    yield _of_certificate(facts)
    if facts.registered:
        mode = facts.registered_mode or facts.in_effect.label
        yield Check("Registration", mode == facts.in_effect.label, f"Registered as {mode}.")
    elif facts.refusal:
        yield Check("Registration", False, f"Refused: {facts.refusal}.")
    elif facts.failed_handshake:
        yield Check("Registration", False, f"Not registered: {_failed_handshake(facts)}.")
    else:
        yield Check("Registration", False, "Not registered.")


def _of_files(facts: PhoneFacts) -> Check:
    if not facts.asked_for_files:
        return Check("Files", None if facts.registered else False, "None asked for since the node started.")
    if facts.last_file_problem:
        return Check("Files", False, f"It did not get the last one: {facts.last_file_problem}.")
    return Check("Files", True, "It got the last one that it asked for.")


def _of_certificate(facts: PhoneFacts) -> Check:
    needed = facts.in_effect is not DeviceSecurityMode.NONSECURE
    waits = " A certificate operation waits for it." if facts.operation_pending else ""
    if facts.has_certificate:
        return Check("Certificate", True, f"{facts.certificate or 'It holds one'}.{waits}")
    text = "None is known." if needed else "None is known, and none is needed."
    return Check("Certificate", False if needed else None, f"{text}{waits}")
