"""Why a phone is as secure as it is, or not there at all: one straight answer from what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ringward.domain.rules.obstacles import Place, Remedy, capf_remedy_of, file_remedy_of, remedy_of
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode


class Hurdle(Enum):
    """What it came to last, on its way to be registered."""

    FILE = "file"
    """It did not get its configuration."""
    HANDSHAKE = "handshake"
    """No TLS connection came about where it alone is."""
    REFUSAL = "refusal"
    """The call manager refused it."""
    GONE = "gone"
    """It was registered, and is no more."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of a phone, if that is known."""

    hurdle: Hurdle
    reason: str
    """In the words of :mod:`ringward.domain.rules.obstacles`, as far as it is one of them."""


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
    registered_mode: str = ""
    """In which mode it is registered, as the call manager shows it; the configuration may have changed since."""
    obstacle: Obstacle | None = None
    """What it came to last, since it registered if it is registered."""
    asked_for_files: bool = False
    """Whether it has asked for a file since the node started."""
    last_file_problem: str = ""
    """Why it did not get its configuration when it last asked; empty if it got it."""
    model: str = ""
    speaks_tls: bool = True
    """Whether its model, with its protocol, can sign in over TLS."""
    made_with_certificate: bool = False
    """Whether its model leaves the factory with one (MIC)."""
    certificate: str = ""
    """The certificate in words."""
    lsc: str = ""
    """First digits of the fingerprint of the LSC that it has; empty if it has none."""
    needs_string: bool = False
    """Whether it proves itself to CAPF by an authentication string, which somebody types in there."""
    capf_failure: str = ""
    """Why its last call to CAPF came to nothing."""
    capf_order: str = ""
    """The command that makes CAPF run; empty if it runs."""
    handshake_nearby: str = ""
    """Why a TLS handshake failed since, at an address that it shares with other phones."""
    holds_other_list: bool | None = None
    """Whether the CTL file that it fetched last is not the one in force; None if it fetched none."""


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
    """The answer; what stands most in the way comes first, and of two things the one that was last."""
    if facts.registered:
        return _of_registered(facts)
    if facts.obstacle is not None:
        found = _at(facts, facts.obstacle)
        return replace(found, state=f"{found.state} {_nearby(facts)}") if facts.handshake_nearby else found
    if not facts.asked_for_files:
        return Verdict(
            False,
            "This phone is not registered, and has asked for no file since the node started.",
            "Check its power, its network and that DHCP option 150 (or its TFTP server setting) names this node.",
        )
    state = "This phone got its files but is not registered"
    if _lacks_certificate(facts):
        return _give_certificate(
            facts,
            f"{state}: its device security mode is {facts.in_effect.label}, and it is not known to have a "
            "certificate",
        )
    if facts.handshake_nearby:
        return Verdict(
            False,
            f"{state}. {_nearby(facts)}",
            "If that was this phone, mend it; then restart the phone.",
        )
    if facts.holds_other_list:
        return Verdict(
            False,
            f"{state}, and has not fetched the CTL file that is in force now.",
            "Restart it, so that it fetches that. If it does not take it, erase the CTL file at the phone.",
            Place.CTL_FILE,
        )
    return Verdict(
        False,
        f"{state}, and no attempt of it to connect is known.",
        "Restart it. If it stays silent, check that the network lets it reach the SIP ports of this node. A phone "
        "that comes from another cluster refuses files of this one until its trust list (CTL and ITL file) is "
        "erased at the phone.",
    )


def _nearby(facts: PhoneFacts) -> str:
    reason = _without_openssl(facts.handshake_nearby)
    return f"A TLS connection failed where it is, and where other phones are: {reason}."


def _of_registered(facts: PhoneFacts) -> Verdict:
    if facts.registered_mode and facts.registered_mode != facts.in_effect.label:
        return _of_another_mode(facts)
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


def _of_another_mode(facts: PhoneFacts) -> Verdict:
    """It is registered as it was before the configuration changed."""
    state = f"This phone is registered as {facts.registered_mode}, but its device security mode is now "
    state += facts.in_effect.label
    if _lacks_certificate(facts) and (facts.obstacle is not None or not facts.made_with_certificate):
        return _give_certificate(facts, f"{state}, for which it is not known to have a certificate")
    if facts.obstacle is not None:
        return _after(facts, f"{state}. Since then it {_words(facts.obstacle)}.", facts.obstacle)
    return Verdict(False, f"{state}: it does not know of the change yet.", "Reset it.", Place.RESET, _reset(facts))


def _at(facts: PhoneFacts, obstacle: Obstacle) -> Verdict:
    """What an obstacle means for a phone that is not registered."""
    if obstacle.hurdle is Hurdle.REFUSAL and _lacks_certificate(facts):
        return _give_certificate(facts, f"This phone {_words(obstacle)}")
    if obstacle.hurdle is Hurdle.HANDSHAKE:
        return _after(facts, f"This phone got its files but is not registered: it {_words(obstacle)}.", obstacle)
    if obstacle.hurdle is Hurdle.FILE:
        return _after(facts, f"This phone is not registered, and {_words(obstacle)}.", obstacle)
    return _after(facts, f"This phone {_words(obstacle)}.", obstacle)


_PHRASES = {
    Hurdle.FILE: "did not get its configuration ",
    Hurdle.HANDSHAKE: "could make no TLS connection: ",
    Hurdle.REFUSAL: "was refused: ",
    Hurdle.GONE: "was registered, and is not any more: ",
}
_OTHERWISE = {
    Hurdle.FILE: Remedy("Mend that, then restart the phone.", Place.RECORD),
    Hurdle.HANDSHAKE: Remedy("Mend that, then restart the phone."),
    Hurdle.REFUSAL: Remedy("Mend that, then restart the phone.", Place.RECORD),
    Hurdle.GONE: Remedy("Check its power and its network: it comes back by itself when it has both."),
}
"""What to do where nothing better is known."""


def _words(obstacle: Obstacle) -> str:
    reason = obstacle.reason
    if obstacle.hurdle is Hurdle.HANDSHAKE:
        reason = _without_openssl(reason)
    return f"{_PHRASES[obstacle.hurdle]}{reason}"


def _without_openssl(reason: str) -> str:
    """OpenSSL's own words stand in the timeline."""
    return reason.partition(" (")[0]


def _after(facts: PhoneFacts, state: str, obstacle: Obstacle) -> Verdict:
    find = file_remedy_of if obstacle.hurdle is Hurdle.FILE else remedy_of
    return _step(facts, state, find(obstacle.reason) or _OTHERWISE[obstacle.hurdle])


def _step(facts: PhoneFacts, state: str, remedy: Remedy) -> Verdict:
    command = remedy.command
    if "{lsc}" in command and not facts.lsc:
        command = ""
    return Verdict(
        False,
        state,
        remedy.step,
        remedy.place,
        command.format(device=facts.device, lsc=facts.lsc) if command else "",
    )


def _lacks_certificate(facts: PhoneFacts) -> bool:
    return facts.in_effect is not DeviceSecurityMode.NONSECURE and not facts.has_certificate


def _give_certificate(facts: PhoneFacts, state: str) -> Verdict:
    """``state`` without its full stop."""
    if facts.capf_order:
        step = "Have CAPF run, which gives phones their certificates"
        step += (
            "; then restart the phone." if facts.operation_pending else ", and give it a certificate operation."
        )
        return Verdict(False, f"{state}; and CAPF does not run.", step, Place.SERVICES, facts.capf_order)
    if facts.capf_failure:
        state = f"{state}. Its last call to CAPF came to nothing: {facts.capf_failure}"
        remedy = capf_remedy_of(facts.capf_failure)
        # What is said about an operation is of use only while there is one.
        if remedy is not None and (facts.operation_pending or remedy.place is not Place.CERTIFICATE_OPERATIONS):
            return _step(facts, f"{state}.", remedy)
    if not facts.operation_pending:
        command = f"ringward capf set install {facts.device}"
        return Verdict(
            False, f"{state}.", "Give it a certificate operation.", Place.CERTIFICATE_OPERATIONS, command
        )
    if facts.needs_string:
        step = "A certificate operation waits for it: type in its authentication string at the phone (Settings, "
        step += "Security Configuration, LSC, Update). The list of certificate operations shows it."
        return Verdict(
            False,
            f"{state}.",
            step,
            Place.CERTIFICATE_OPERATIONS,
            f"ringward capf report --where device_name={facts.device}",
        )
    return Verdict(False, f"{state}.", "A certificate operation waits for it: restart the phone.")


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
    yield _of_ctl_file(facts)
    yield _of_files(facts)
    yield _of_certificate(facts)
    mode = facts.registered_mode or facts.in_effect.label
    if facts.registered:
        yield Check("Registration", mode == facts.in_effect.label, f"Registered as {mode}.")
    elif facts.obstacle is not None and facts.obstacle.hurdle is not Hurdle.FILE:
        words = _words(facts.obstacle)
        yield Check("Registration", False, f"Not registered. It {words}.")
    else:
        yield Check("Registration", False, "Not registered.")


def _of_ctl_file(facts: PhoneFacts) -> Check:
    if facts.holds_other_list is None:
        return Check("CTL file", None, "It has fetched none here.")
    if facts.holds_other_list:
        return Check("CTL file", False, "It has not fetched the one that is in force now.")
    return Check("CTL file", True, "It has fetched the one in force.")


def _of_files(facts: PhoneFacts) -> Check:
    if not facts.asked_for_files:
        return Check("Files", None if facts.registered else False, "None asked for since the node started.")
    if facts.last_file_problem:
        return Check("Files", False, f"It did not get its configuration {facts.last_file_problem}.")
    return Check("Files", True, "It got its configuration when it last asked.")


def _of_certificate(facts: PhoneFacts) -> Check:
    needed = facts.in_effect is not DeviceSecurityMode.NONSECURE
    more = " A certificate operation waits for it." if facts.operation_pending else ""
    if facts.capf_failure:
        more += f" Its last call to CAPF came to nothing: {facts.capf_failure}."
    if facts.has_certificate:
        return Check("Certificate", True, f"{facts.certificate or 'It holds one'}.{more}")
    text = "None is known." if needed else "None is known, and none is needed."
    return Check("Certificate", False if needed else None, f"{text}{more}")
