"""SIPp scenarios, written as the ladder a phone goes through.

SIPp wants every message in full in a file of XML; here a phone's part is a list of method calls, and the file is
made of it. What SIPp fills in itself stays in square brackets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from xml.sax.saxutils import quoteattr

SDP = """v=0
o={who} 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP {payload}
a=rtpmap:{payload} {codec}
a={direction}
"""

PCMU = "0 PCMU/8000"

_IN_RESPONSES = ("Via", "From", "To", "CSeq")
"""Headers of a request that its responses have, too."""


class Scenario(ABC):
    """One phone's part: the messages it sends and those it insists on getting, in order."""

    def __init__(self, name: str, number: str) -> None:
        self.name = name
        self.number = number
        self._steps: list[str] = []
        self._messages = 0  # SIPp counts messages and pauses to make branches
        self._variables: dict[str, None] = {}  # SIPp insists that each is mentioned twice
        self._sdp_version = 0
        self._cseq = 0
        self._invite = 0  # the latest INVITE: its place among the messages, its number
        self._invite_cseq = 0
        self._transaction = ""
        self.loss = 0
        """How many in a hundred messages the network loses from here on, on either way.

        Responses that are sent are not lost: if none of a request's has left, SIPp takes the request that comes
        again for one that it did not expect, and gives the call up.
        """

    def xml(self) -> str:
        used = f'  <Reference variables="{",".join(self._variables)}"/>\n' if self._variables else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<scenario name={quoteattr(self.name)}>\n{''.join(self._steps)}{used}</scenario>\n"
        )

    def sdp(self, direction: str, codec: str = PCMU) -> str:
        """A description of one audio stream; `codec` as payload type and encoding."""
        self._sdp_version += 1
        payload, encoding = codec.split()
        return SDP.format(
            who=self.number, version=self._sdp_version, payload=payload, codec=encoding, direction=direction
        )

    # -- messages as they are -----------------------------------------------------------------------------

    def send(
        self, start: str, headers: list[str], body: str = "", *, again: bool = False, **attributes: str
    ) -> None:
        """Send a message, `again` and again until an answer comes."""
        if body:
            headers = [*headers, "Content-Type: application/sdp"]
        lines = [start, *headers, "Content-Length: [len]", "", *body.splitlines()]
        text = "\n".join(f"      {line}" if line else "" for line in lines)
        if again:
            attributes["retrans"] = "500"
        if self.loss and not start.startswith("SIP/2.0"):
            attributes["lost"] = str(self.loss)
        self._step(f"  <send{_attributes(attributes)}>\n    <![CDATA[\n\n{text}\n\n    ]]>\n  </send>\n")

    def expect(self, kind: str, *, has: str = "", keep: str = "", **attributes: str) -> None:
        """Insist on a message: `kind` is a method or a status; `has` a pattern that must be in it.

        `keep`: a name for a request, by which it can be answered after others have come.
        """
        what = f"response={quoteattr(kind)}" if kind.isdigit() else f"request={quoteattr(kind)}"
        if self.loss:
            attributes["lost"] = str(self.loss)
        more = _attributes(attributes)
        actions = self._take(has, 'search_in="msg" check_it="true"', f"check{self._messages}") if has else ""
        if keep:
            for header in _IN_RESPONSES:
                actions += self._take(".*", f'search_in="hdr" header="{header}:"', f"{keep}_{header}")
        if actions:
            actions = f"\n    <action>{actions}</action>\n  "
        self._step(f"  <recv {what}{more}>{actions}</recv>\n")

    def wait(self, milliseconds: int) -> None:
        self._step(f'  <pause milliseconds="{milliseconds}"/>\n')

    def _take(self, pattern: str, where: str, variable: str) -> str:
        self._variables[variable] = None
        return f'<ereg regexp={quoteattr(pattern)} {where} assign_to="{variable}"/>'

    def _step(self, xml: str) -> None:
        self._steps.append(xml)
        self._messages += 1

    # -- answering ----------------------------------------------------------------------------------------

    def respond(self, status: str, body: str = "", *, to: str = "", tag: str = "", again: bool = False) -> None:
        """Answer the request that came last, or the one kept as `to`; `tag` is ours, where it has none."""
        headers = [f"{name}: [${to}_{name}]" if to else f"[last_{name}:]" for name in _IN_RESPONSES]
        if tag:
            headers[_IN_RESPONSES.index("To")] += f";tag={tag}"
        self.send(f"SIP/2.0 {status}", [*headers, "Call-ID: [call_id]", self._contact()], body, again=again)

    def agree(self, *, has: str = "", direction: str = "sendrecv") -> None:
        """Insist on an offer within the call, and take it."""
        self.expect("INVITE", has=has)
        self.respond("200 OK", self.sdp(direction), again=True)
        self.expect("ACK")

    def hung_up(self) -> None:
        """Insist on the other side's BYE."""
        self.expect("BYE")
        self.respond("200 OK")

    # -- asking -------------------------------------------------------------------------------------------

    @abstractmethod
    def _dialog(self, method: str, *, branch: str = "[branch]") -> list[str]:
        """The headers of a request to the other side."""

    def _numbered(self, method: str) -> str:
        number = self._invite_cseq if method in ("ACK", "CANCEL") else self._cseq
        return f"CSeq: {number} {method}"

    def change(self, direction: str = "sendrecv") -> None:
        """Offer the media anew within the call."""
        self._ask("INVITE", "[next_url]", [self._contact()], self.sdp(direction))

    def hang_up(self, *, finds: str = "200") -> None:
        self._ask("BYE", "[next_url]")
        self.expect_response(finds)

    def hang_up_before_the_answer(self) -> None:
        """Hang up while an offer of ours is still being dealt with: both are answered."""
        offer = self._transaction
        self.expect_response("100")
        self.hang_up()
        self._transaction = offer
        self.expect_response("487")
        self.acknowledge_refusal()

    def acknowledge(self) -> None:
        """Acknowledge the answer to the latest INVITE."""
        self.send("ACK [next_url] SIP/2.0", self._dialog("ACK"), ack_txn=self._transaction)

    def acknowledge_refusal(self, uri: str = "[next_url]") -> None:
        """Acknowledge the refusal of the latest INVITE as part of its transaction."""
        headers = self._dialog("ACK", branch=self._branch_of_invite())
        self.send(f"ACK {uri} SIP/2.0", headers, ack_txn=self._transaction)

    def expect_response(self, status: str, *, has: str = "", **attributes: str) -> None:
        """Insist on a response to the last request; a late one to an earlier request is not taken for it."""
        self.expect(status, has=has, response_txn=self._transaction, **attributes)

    def responses_may_come(self, *statuses: str) -> None:
        for status in statuses:
            self.expect_response(status, optional="true")

    def _ask(self, method: str, uri: str, headers: list[str] | None = None, body: str = "") -> None:
        self._cseq += 1
        self._transaction = f"request{self._cseq}"
        if method == "INVITE":
            self._invite, self._invite_cseq = self._messages, self._cseq
        what = [*self._dialog(method), *(headers or [])]
        self.send(f"{method} {uri} SIP/2.0", what, body, again=True, start_txn=self._transaction)

    def _contact(self) -> str:
        return f"Contact: <sip:{self.number}@[local_ip]:[local_port];transport=[transport]>"

    def _branch_of_invite(self) -> str:
        return f"[branch-{self._messages - self._invite}]"


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


class Caller(Scenario):
    """The phone that begins: it registers, or calls and mostly ends the call."""

    def __init__(self, name: str, number: str, callee: str = "") -> None:
        super().__init__(name, number)
        self.callee = callee or number
        self._to_tag = ""
        self._call_id = "[call_id]"

    def register(
        self, *, expires: int = 3600, credentials: str = "", contact: str = "", restarted: bool = False
    ) -> None:
        """Register; a phone that has restarted has another Call-ID (what SIPp finds its call by is behind ///)."""
        self._call_id = "again///[call_id]" if restarted else "[call_id]"
        headers = [f"Contact: {contact}" if contact else self._contact(), f"Expires: {expires}"]
        self._ask("REGISTER", "sip:[remote_ip]:[remote_port]", [*headers, *([credentials] if credentials else [])])
        self._call_id = "[call_id]"

    def invite(self, *, direction: str = "sendrecv", codec: str = PCMU, credentials: str = "") -> None:
        headers = [self._contact(), *([credentials] if credentials else [])]
        self._ask("INVITE", self._callee_uri, headers, self.sdp(direction, codec))

    def ask_in_a_lost_call(self, method: str) -> None:
        """Send a request in a call that the other side knows nothing of."""
        self._to_tag = ";tag=nobody-has-this"
        body = self.sdp("sendrecv") if method == "INVITE" else ""
        self._ask(method, self._callee_uri, [self._contact()], body)

    def refused(self, status: str, *, provisional: tuple[str, ...] = ("100", "180"), **attributes: str) -> None:
        """Insist on a final refusal of the INVITE, and acknowledge it."""
        self.responses_may_come(*provisional)
        self.expect_response(status, **attributes)
        before, self._to_tag = self._to_tag, "[peer_tag_param]"
        self.acknowledge_refusal(self._callee_uri)
        self._to_tag = before

    def rung(self) -> None:
        """Insist on ringing."""
        self.responses_may_come("100")
        self.expect_response("180")

    def accepted(self, *, has: str = "") -> None:
        """Insist on the answer, without acknowledging it."""
        self.responses_may_come("100", "180", "183")
        self.expect_response("200", has=has, rrs="true")
        self._to_tag = "[peer_tag_param]"

    def answered(self, *, has: str = "", ringing: bool = True) -> None:
        """Insist on ringing and answer, and acknowledge."""
        if ringing:
            self.rung()
        self.accepted(has=has)
        self.acknowledge()

    def take_back(self) -> None:
        """Take the INVITE back (RFC 3261 9.1, same branch, same number)."""
        before, self._to_tag = self._to_tag, ""
        headers = self._dialog("CANCEL", branch=self._branch_of_invite())
        self._to_tag = before
        self.send(f"CANCEL {self._callee_uri} SIP/2.0", headers, again=True, start_txn="cancel")
        self.expect("200", response_txn="cancel")

    def cancelled(self) -> None:
        """Take the INVITE back, and insist on its end."""
        self.take_back()
        self.refused("487")

    def _dialog(self, method: str, *, branch: str = "[branch]") -> list[str]:
        to = (self.number, "") if method == "REGISTER" else (self.callee, self._to_tag)
        return [
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
            f"From: <sip:{self.number}@[remote_ip]:[remote_port]>;tag=[pid]c[call_number]",
            f"To: <sip:{to[0]}@[remote_ip]:[remote_port]>{to[1]}",
            f"Call-ID: {self._call_id}",
            self._numbered(method),
            "Max-Forwards: 70",
        ]

    @property
    def _callee_uri(self) -> str:
        return f"sip:{self.callee}@[remote_ip]:[remote_port]"


class Callee(Scenario):
    """The phone that is called."""

    TAG = "[pid]a[call_number]"

    def invited(self, *, has: str = "") -> None:
        self.expect("INVITE", has=has, keep="invite", rrs="true")

    def ring(self, *, tag: str = TAG) -> None:
        self.respond("180 Ringing", to="invite", tag=tag)

    def answer(self, *, tag: str = TAG, lossy: bool = False) -> None:
        """Answer; where packets are lost, a BYE may come before the ACK does."""
        self.pick_up(tag=tag)
        self.expect("ACK", **({"optional": "true"} if lossy else {}))

    def pick_up(self, *, tag: str = TAG) -> None:
        """Answer, and do not wait for the ACK."""
        self.respond("200 OK", self.sdp("sendrecv"), to="invite", tag=tag, again=True)

    def refuse(self, status: str) -> None:
        self.respond(status, to="invite", tag=self.TAG, again=True)
        self.expect("ACK")

    def cancelled(self) -> None:
        """Insist on a CANCEL; answer it, and end the INVITE with 487 (RFC 3261 9.2)."""
        self.expect("CANCEL")
        self.respond("200 OK", tag=self.TAG)
        self.refuse("487 Request Terminated")

    def _dialog(self, method: str, *, branch: str = "[branch]") -> list[str]:
        return [
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
            f"From: [$invite_To];tag={self.TAG}",
            "To: [$invite_From]",
            "Call-ID: [call_id]",
            self._numbered(method),
            "Max-Forwards: 70",
        ]
