"""Scenes of secure calls: phones register over TLS, calls are encrypted where both can, and what that hides."""

from __future__ import annotations

import asyncio

from ringward.demo.desk import EVENT_TIMEOUT, Desk
from ringward.demo.observation import calls_in, connect, hang_up, require, talk, until
from ringward.demo.office import CallVerdict, Office
from ringward.demo.steps import NotObserved, Scene
from ringward.domain.rules.call_security import SecurityIcon
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.hearing import recognise
from ringward.phone.retrieval import ServerSilent
from ringward.phone.sound import PERIOD_FRAMES, Tone
from ringward.protocols.rtp.g711 import FRAME_SAMPLES
from ringward.protocols.rtp.packet import MalformedPacket, RtpPacket

MODES = {
    "alice": DeviceSecurityMode.ENCRYPTED,
    "bob": DeviceSecurityMode.ENCRYPTED,
    "carol": DeviceSecurityMode.AUTHENTICATED,
}
"""Whose phones become secure; the others stay as they are."""
_SHOWN_BYTES = 12
"""Bytes of sound that are shown of a packet."""


async def tls_registered(office: Office) -> str:
    """Three phones get secure profiles: each enrols at CAPF, reads its encrypted file, and registers over TLS."""
    await asyncio.to_thread(office.secure, MODES)
    await office.node.ask("settle")
    desks = [office.desk(user_id) for user_id in MODES]
    await asyncio.gather(*(_become_secure(office, desk) for desk in desks))

    async def are_known() -> bool:
        known = await office.registrations()
        return all(
            (known[name]["transport"], known[name]["security_mode"]) == ("TLS", MODES[desk.person.user_id].label)
            for desk in desks
            if (name := desk.person.device_name) in known
        ) and all(desk.person.device_name in known for desk in desks)

    await until(are_known, "the node does not show every phone over TLS in the mode of its profile")
    return "; ".join(
        f"{desk.person.first_name}'s phone read {desk.file.rpartition('.cnf.xml')[2]} and is registered over TLS, "
        f"{MODES[desk.person.user_id].label}"
        for desk in desks
    )


async def _become_secure(office: Office, desk: Desk) -> None:
    """Switch the phone off and on again until its file names the new mode; then see it enrol and register."""
    name, mode = desk.person.first_name, MODES[desk.person.user_id]
    await desk.stop()
    phone = desk.take_secured(office.file_server)

    async def has_new_file() -> bool:
        try:
            booted = await phone.boot(attempts=1)
        except ServerSilent:  # the node has not noticed the change yet
            return False
        if booted.configuration.security_mode is mode:
            return True
        await booted.stop()
        return False

    await until(has_new_file, f"the file of {name}'s phone does not say {mode.label}")
    # It may have called twice, once for want of a file that it can read: then nothing was left to be done.
    require(phone.security.keys.lsc is not None, f"{name}'s phone has no certificate: {phone.enrolled}")
    calls = await office.node.ask("capf-calls")
    seen = [each["outcome"] for each in calls if each["device"] == desk.person.device_name]
    require("Upgrade Success" in seen, f"the node says of {name}'s phone: {seen}")
    require(phone.booted is not None and phone.booted.file.endswith(".enc.sgn"), f"{name}'s file is in the clear")
    desk.file = phone.booted.file if phone.booted is not None else ""
    try:
        async with asyncio.timeout(EVENT_TIMEOUT):
            await desk.active.registered()
    except TimeoutError:
        raise NotObserved(f"{name}'s phone did not register over TLS") from None


async def call_encrypted(office: Office) -> str:
    """Two phones with Encrypted profiles talk: both show the lock."""
    return await _call(office, office.desk("alice"), office.desk("bob"), "encrypted", SecurityIcon.LOCK)


async def call_fallback(office: Office) -> str:
    """An encrypted phone calls one that is not: the call is made all the same, in the clear, and says why."""
    said = await _call(office, office.desk("alice"), office.desk("erin"), "nonsecure", SecurityIcon.NONE)
    require("profile is Non Secure" in said, f"the node gives no reason: {said}")
    return said


async def call_security(office: Office) -> str:
    """The other two pairs; then the table of all four."""
    await _call(office, office.desk("carol"), office.desk("alice"), "authenticated", SecurityIcon.SHIELD)
    await _call(office, office.desk("dave"), office.desk("erin"), "nonsecure", SecurityIcon.NONE)
    return "; ".join(f"{each.between}: {each.icon}, {each.reason}" for each in office.verdicts)


async def _call(office: Office, caller: Desk, called: Desk, security: str, icon: SecurityIcon) -> str:
    """Make a call, hear both sides, and see that node, phones and media agree about its security."""
    await connect(caller, called)
    heard = await talk(caller, called)
    (up,) = await calls_in(office, "connected")
    require(up["security"] == security, f"the node says: {up['security_reason']}")
    desks = (caller, called)
    shown = {desk.current.icon for desk in desks}
    require(shown == {icon}, f"the phones show {', '.join(sorted(each.value for each in shown))}")
    reports = [desk.current.report() for desk in desks]
    suites = {report.suite for report in reports}
    require(len(suites) == 1, f"the phones use {suites}")
    require(bool(suites - {""}) == (security == "encrypted"), f"{security}, but the media is {suites}")
    require(not any(report.unauthentic for report in reports), "packets came that were not authentic")
    (suite,) = suites
    known = await office.registrations()
    modes = [known[desk.person.device_name]["security_mode"] for desk in desks]
    who = " – ".join(desk.person.first_name for desk in desks)
    office.verdicts.append(CallVerdict(" – ".join(modes), who, security, up["security_reason"], icon.value, suite))
    await hang_up(office, caller, called)
    return f"{heard}; {suite or 'RTP'}, the phones show {icon.value}; the node says: {up['security_reason']}"


async def srtp_opaque(office: Office) -> str:
    """An encrypted and a nonsecure phone call Bob's; their packets are taken as the network brings them."""
    bob = office.desk("bob")
    hidden = await _captured(office, office.desk("alice"), bob)
    clear = await _captured(office, office.desk("erin"), bob)
    require(_tone_in(clear) == office.desk("erin").tone, "the packets in the clear do not decode as Erin's tone")
    require(_tone_in(hidden) is None, "the encrypted packets decode as audio")
    return (
        f"RTP {_sound(clear[-1])[:_SHOWN_BYTES].hex()}… decodes as Erin's tone, {_tone_in(clear)}; SRTP "
        f"{_sound(hidden[-1])[:_SHOWN_BYTES].hex()}… as no tone, though Bob hears {office.desk('alice').tone}"
    )


async def _captured(office: Office, caller: Desk, called: Desk) -> tuple[bytes, ...]:
    """The datagrams that came to the called phone while it heard the caller."""
    await connect(caller, called)
    await talk(caller, called)
    datagrams = called.current.captured()
    require(called.hears == caller.tone, f"{called.person.first_name} hears {called.hears}")
    require(len(datagrams) == PERIOD_FRAMES, "too few packets came")
    await hang_up(office, caller, called)
    return datagrams


def _tone_in(datagrams: tuple[bytes, ...]) -> Tone | None:
    """What somebody hears who decodes the packets as G.711."""
    return recognise(b"".join(_sound(each) for each in datagrams), "PCMU")


def _sound(datagram: bytes) -> bytes:
    """The 20 ms after the RTP header, which SRTP leaves readable."""
    try:
        return RtpPacket.parse(datagram).payload[:FRAME_SAMPLES]
    except MalformedPacket as error:
        raise NotObserved(f"a packet has no RTP header: {error}") from None


SECURE_CALLS = (
    Scene("tls-registered", "Three phones get certificates and register over TLS", tls_registered),
    Scene("call-encrypted", "Alice calls Bob, encrypted: both phones show the lock", call_encrypted),
    Scene("call-fallback", "Alice calls Erin, whose phone cannot encrypt", call_fallback),
    Scene("call-security", "How secure a call is depends on both phones", call_security),
    Scene("srtp-opaque", "What somebody on the way hears of encrypted media", srtp_opaque),
)
