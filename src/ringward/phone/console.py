"""One phone by hand: commands in, readable lines out.

The commands are a table; what the phone tells is put into one line each. Reading lines from a terminal is the
caller's affair: :func:`run` takes them from any asynchronous source.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from ringward.domain.errors import Refused, RingwardError
from ringward.domain.rules.call_security import SecurityIcon
from ringward.phone import events
from ringward.phone.call import Call, CallState
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.media import MediaReport
from ringward.phone.phone import Phone
from ringward.phone.security_menu import SecurityMenu

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be typed."""

    usage: str
    help: str
    act: Callable[[Console, str], None]
    needs_argument: bool = False


class Console:
    """Obeys commands for one phone and says what happens; :meth:`told` is the phone's owner, or part of it."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.desk_phone: DeskPhone | None = None
        """Has the security menu; whoever makes the phone sets it."""
        self._phone: Phone | None = None
        self.is_over = False
        """Whether ``quit`` was typed."""

    def attach(self, phone: Phone) -> None:
        """The phone that commands are for."""
        self._phone = phone

    @property
    def phone(self) -> Phone:
        """The phone; raises :class:`Refused` before there is one."""
        if self._phone is None:
            raise Refused("the phone is still booting")
        return self._phone

    def told(self, phone: Phone, event: events.PhoneEvent) -> None:
        """Say what the phone told."""
        self._say(_harmless(line_of(event)))

    def obey(self, line: str) -> None:
        """Do what was typed; what cannot be done is said, never raised."""
        word, _, argument = line.strip().partition(" ")
        if not word:
            return
        command = COMMANDS.get(word.lower())
        argument = argument.strip()
        if command is None:
            self._say(f"{word!r} is no command; type help")
        elif command.needs_argument and not argument:
            self._say(f"usage: {command.usage}")
        else:
            try:
                command.act(self, argument)
            except (RingwardError, ValueError) as error:
                self._say(str(error))

    # -- commands -----------------------------------------------------------------------------------------

    def _call(self, *states: CallState) -> Call:
        """The latest call in one of these states (in any, if none is named)."""
        for call in reversed(self.phone.calls):
            if not states or call.state in states:
                return call
        raise Refused("no call " + (" or ".join(state.value for state in states) if states else "at all"))

    def dial(self, number: str) -> None:
        """Call somebody."""
        self.phone.dial(number)

    def answer(self, _: str) -> None:
        """Pick up."""
        self._call(CallState.RINGING).answer()

    def reject(self, _: str) -> None:
        """Refuse."""
        self._call(CallState.RINGING).reject()

    def hold(self, _: str) -> None:
        """Hold."""
        self._call(CallState.TALKING).hold()

    def resume(self, _: str) -> None:
        """Resume."""
        self._call(CallState.TALKING).resume()

    def transfer(self, number: str) -> None:
        """Transfer blindly."""
        self._call(CallState.TALKING).transfer(number)

    def dtmf(self, digits: str) -> None:
        """Press keys."""
        self._call(CallState.TALKING).send_digits(digits)

    def hang_up(self, _: str) -> None:
        """Hang up."""
        self._call().hang_up()

    def status(self, _: str) -> None:
        """Say everything that is known."""
        phone = self.phone
        configuration = phone.configuration
        self._say(
            f"{phone.identity.device_name}, {phone.identity.model}, {configuration.phone_label or 'no label'}"
        )
        self._say(f"device security mode {configuration.security_mode.label}, {configuration.transport.value}")
        at = f"with {phone.connection.member}" if phone.connection else "with no call manager"
        for registration in phone.registrations:
            self._say(f"line {registration.line.number}: {registration.state.value}, {at}")
        for call in phone.calls:
            self._say(_harmless(line_of_call(call, phone.now)))

    @property
    def _menu(self) -> SecurityMenu:
        if self.desk_phone is None:
            raise Refused("this phone has no security menu")
        return self.desk_phone.menu

    def security(self, _: str) -> None:
        """Show the security menu."""
        if self.desk_phone is None:
            raise Refused("this phone has no security menu")
        for label, value in self.desk_phone.show_security():
            self._say(_harmless(f"{label:<18}{value}"))

    def press(self, keys: str) -> None:
        """Press keys in the security menu."""
        self._menu.press(keys)
        self._say("unlocked")

    def erase(self, _: str) -> None:
        """Erase the trust lists."""
        self._menu.erase_trust_lists()
        self._say("the CTL file is erased; the next one will be taken on trust")

    def enter_key(self, digits: str) -> None:
        """Enter the symmetric key."""
        self._menu.accept_symmetric_key(digits)
        self._say("accepted; it is used from the next reset on")

    def enter_string(self, digits: str) -> None:
        """Enter the authentication string for CAPF."""
        if self.desk_phone is None:
            raise Refused("this phone has no security menu")
        self.desk_phone.enter_authentication_string(digits)
        self._say("calling CAPF")

    def abort(self, _: str) -> None:
        """Abort the certificate operation."""
        if self.desk_phone is None:
            raise Refused("this phone has no security menu")
        self.desk_phone.abort_certificate_operation()

    def help(self, _: str) -> None:
        """Say what can be typed."""
        for command in dict.fromkeys(COMMANDS.values()):
            self._say(f"  {command.usage:<18}{command.help}")

    def quit(self, _: str) -> None:
        """Switch the phone off."""
        self.is_over = True


_LIST = (
    Command("dial NUMBER", "call a number or a SIP URI", Console.dial, needs_argument=True),
    Command("answer", "pick up the call that rings", Console.answer),
    Command("reject", "refuse the call that rings", Console.reject),
    Command("hold", "put the far side on hold", Console.hold),
    Command("resume", "take the far side off hold", Console.resume),
    Command("transfer NUMBER", "connect the far side with somebody else", Console.transfer, needs_argument=True),
    Command("dtmf DIGITS", "press keys", Console.dtmf, needs_argument=True),
    Command("hangup", "end the latest call", Console.hang_up),
    Command("status", "show registration, calls and media", Console.status),
    Command("security", "show the security menu", Console.security),
    Command("press KEYS", "press keys in the security menu: **# unlocks it", Console.press, needs_argument=True),
    Command("erase", "erase the CTL file (unlock first)", Console.erase),
    Command(
        "key DIGITS",
        "enter the symmetric key (unlock first); zeros erase it",
        Console.enter_key,
        needs_argument=True,
    ),
    Command(
        "string DIGITS",
        "enter the authentication string for CAPF (unlock first)",
        Console.enter_string,
        needs_argument=True,
    ),
    Command("abort", "abort the certificate operation that goes on", Console.abort),
    Command("help", "show the commands", Console.help),
    Command("quit", "switch the phone off", Console.quit),
)
_SHOWN = {
    SecurityIcon.LOCK: "the lock is shown, the call is encrypted",
    SecurityIcon.SHIELD: "the shield is shown, the call is authenticated",
    SecurityIcon.NONE: "neither shield nor lock is shown any more",
}
COMMANDS = {command.usage.split()[0]: command for command in _LIST}
"""Commands by their first word."""


def line_of(event: events.PhoneEvent) -> str:
    """An event in one line of words."""
    match event:
        case events.Registered(number, member, expires):
            return f"{number} is registered with {member} for {expires} s"
        case events.Unregistered(number):
            return f"{number} is no longer registered"
        case events.RegistrationRefused(number, status, reason, again_in):
            return f"{number} was refused: {status} {reason}; next try in {again_in:g} s"
        case events.MemberLost(member, reason):
            return f"lost {member}: {reason}"
        case events.ResetRequested(restart):
            return "told to restart" if restart else "told to reset"
        case events.MessagesTold(number, waiting, new, old):
            return f"lamp of {number} {'on' if waiting else 'off'}: {new} new, {old} old messages"
        case events.Dialling(call):
            return f"dialling {call.far_number}"
        case events.Early(call):
            return f"{call.far_number} rings"
        case events.Ringing(call):
            name = f" ({call.far_name})" if call.far_name else ""
            return f"{call.far_number}{name} calls {call.line.number}: answer or reject"
        case events.Talking(call):
            return f"talking with {call.far_number}"
        case events.Held(call, by_far_side):
            return f"{call.far_number} holds us" if by_far_side else f"{call.far_number} is on hold"
        case events.PartyChanged(call, before):
            name = f" ({call.far_name})" if call.far_name else ""
            return f"the call with {before} is with {call.far_number}{name} now"
        case events.SecurityShown(call, icon):
            return f"call with {call.far_number}: {_SHOWN[icon]}"
        case events.OfferRefused(call, status):
            return f"{call.far_number} refused the change: {status}"
        case events.Transferring(call, target):
            return f"{call.far_number} asks us to call {target}"
        case events.Transferred(call, target):
            return f"{call.far_number} is transferred to {target}"
        case events.TransferFailed(call, target, status):
            return f"{call.far_number} could not be transferred to {target}: {status}"
        case events.DigitHeard(call, digit):
            return f"{call.far_number} pressed {digit}"
        case events.Hearing(call, tone):
            return f"hearing {tone} from {call.far_number}" if tone else f"hearing nothing from {call.far_number}"
        case events.Ended(call, status, reason, report):
            ending = f"{status} {reason}".strip()
            return f"call with {call.far_number} is over: {ending}; {line_of_media(report)}"


def line_of_call(call: Call, now: float) -> str:
    """A call in one line."""
    since = f" for {now - call.connected_at:.0f} s" if call.connected_at is not None else ""
    held = [name for name, true in (("on hold", call.held_by_us), ("holds us", call.held_by_far_side)) if true]
    if call.icon is not SecurityIcon.NONE:
        held.append(f"shows the {call.icon.value}")
    state = ", ".join([call.state.value + since, *held])
    codec = f", {call.agreement.codec}" if call.agreement else ""
    return f"call with {call.far_number}: {state}{codec}; {line_of_media(call.report())}"


def line_of_media(report: MediaReport) -> str:
    """A media report in a few words."""
    words = f"sent {report.packets_sent}, received {report.packets_received}, lost {report.lost}"
    if report.reception.jitter:
        words += f", jitter {report.reception.jitter * 1000:.1f} ms"
    return f"{words}, hearing {report.heard}" if report.heard else words


def _harmless(text: str) -> str:
    """What strangers sent must not control the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


async def standard_input() -> AsyncIterator[str]:
    """Lines typed at the terminal, until its end, without holding up the phone."""
    if stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):  # a script never keeps one waiting
        for script_line in sys.stdin:
            yield script_line
        return
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            yield line.decode("utf-8", "replace")
    finally:
        transport.close()


async def run(console: Console, lines: AsyncIterator[str]) -> None:
    """Obey lines until ``quit`` or their end."""
    async for line in lines:
        console.obey(line)
        if console.is_over:
            return
