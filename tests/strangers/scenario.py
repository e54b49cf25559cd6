"""SIPp scenarios, written as the ladder a phone goes through.

SIPp wants every message in full in a file of XML; here a phone's part is a list of method calls, and the file is
made of it. What SIPp fills in itself stays in square brackets.
"""

from __future__ import annotations

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


class Scenario:
    """One phone's part: the messages it sends and those it insists on getting, in order."""

    def __init__(self, name: str, number: str) -> None:
        self.name = name
        self.number = number
        self._steps: list[str] = []
        self._messages = 0  # SIPp counts messages and pauses to make branches
        self._variables: dict[str, None] = {}  # SIPp insists that each is mentioned twice
        self._sdp_version = 0

    def xml(self) -> str:
        used = f'  <Reference variables="{",".join(self._variables)}"/>\n' if self._variables else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<scenario name={quoteattr(self.name)}>\n{''.join(self._steps)}{used}</scenario>\n"
        )

    def sdp(self, direction: str, codec: str) -> str:
        """A description of one audio stream; `codec` as payload type and encoding."""
        self._sdp_version += 1
        payload, encoding = codec.split()
        return SDP.format(
            who=self.number, version=self._sdp_version, payload=payload, codec=encoding, direction=direction
        )

    def send(
        self, start: str, headers: list[str], body: str = "", *, again: bool = False, **attributes: str
    ) -> int:
        """Send a message, `again` and again until an answer comes; its number among the messages."""
        if body:
            headers = [*headers, "Content-Type: application/sdp"]
        lines = [start, *headers, "Content-Length: [len]", "", *body.splitlines()]
        text = "\n".join(f"      {line}" if line else "" for line in lines)
        if again:
            attributes["retrans"] = "500"
        self._step(f"  <send{_attributes(attributes)}>\n    <![CDATA[\n\n{text}\n\n    ]]>\n  </send>\n")
        return self._messages - 1

    def expect(self, kind: str, *, has: str = "", **attributes: str) -> None:
        """Insist on a message: `kind` is a method or a status; `has` a pattern that must be in it."""
        what = f"response={quoteattr(kind)}" if kind.isdigit() else f"request={quoteattr(kind)}"
        more = _attributes(attributes)
        actions = self._take(has, 'search_in="msg" check_it="true"', f"check{self._messages}") if has else ""
        if kind == "INVITE":
            actions += self._take("[0-9]+", 'search_in="hdr" header="CSeq:"', "cseq")
        if actions:
            actions = f"\n    <action>{actions}</action>\n  "
        self._step(f"  <recv {what}{more}>{actions}</recv>\n")

    def _take(self, pattern: str, where: str, variable: str) -> str:
        self._variables[variable] = None
        return f'<ereg regexp={quoteattr(pattern)} {where} assign_to="{variable}"/>'

    def wait(self, milliseconds: int) -> None:
        self._step(f'  <pause milliseconds="{milliseconds}"/>\n')

    def _step(self, xml: str) -> None:
        self._steps.append(xml)
        self._messages += 1


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


class Caller(Scenario):
    """The phone that begins: it registers, or calls and mostly ends the call."""

    def __init__(self, name: str, number: str, callee: str = "") -> None:
        super().__init__(name, number)
        self.callee = callee or number
        self._cseq = 0
        self._invite = 0
        self._transaction = ""

    def register(self, *, expires: int = 3600, credentials: str = "", contact: str = "") -> None:
        self._request(
            "REGISTER",
            "sip:[remote_ip]:[remote_port]",
            [
                f"Contact: {contact or f'<sip:{self.number}@[local_ip]:[local_port];transport=[transport]>'}",
                f"Expires: {expires}",
                *([credentials] if credentials else []),
            ],
        )

    def invite(self, *, direction: str = "sendrecv", codec: str = PCMU, credentials: str = "") -> None:
        self._request(
            "INVITE",
            f"sip:{self.callee}@[remote_ip]:[remote_port]",
            [self._contact(), *([credentials] if credentials else [])],
            self.sdp(direction, codec),
        )
        self._invite = self._messages - 1

    def refused(self, status: str, *, provisional: tuple[str, ...] = ("100", "180"), **attributes: str) -> None:
        """Insist on a final refusal of the INVITE, and acknowledge it as part of its transaction."""
        self.responses_may_come(*provisional)
        self.expect_response(status, **attributes)
        self.send(
            f"ACK sip:{self.callee}@[remote_ip]:[remote_port] SIP/2.0",
            self._dialog(self._cseq, "ACK", tag="[peer_tag_param]", branch=self._branch_of_invite()),
            ack_txn=self._transaction,
        )

    def answered(self, *, has: str = "", ringing: bool = True) -> None:
        """Insist on ringing and answer, and acknowledge."""
        self.responses_may_come("100")
        if ringing:
            self.expect_response("180")
        self.responses_may_come("180", "183")
        self.expect_response("200", has=has, rrs="true")
        self.send(
            "ACK [next_url] SIP/2.0",
            ["[routes]", *self._dialog(self._cseq, "ACK", tag="[peer_tag_param]")],
            ack_txn=self._transaction,
        )

    def cancelled(self) -> None:
        """Take the INVITE back (RFC 3261 9.1, same branch, same number), and insist on its end."""
        self.send(
            f"CANCEL sip:{self.callee}@[remote_ip]:[remote_port] SIP/2.0",
            self._dialog(self._cseq, "CANCEL", tag="", branch=self._branch_of_invite()),
            again=True,
            start_txn="cancel",
        )
        self.expect("200", response_txn="cancel")
        self.refused("487")

    def change(self, direction: str) -> None:
        """Offer the media anew within the call."""
        self._request(
            "INVITE",
            "[next_url]",
            ["[routes]", self._contact()],
            self.sdp(direction, PCMU),
            tag="[peer_tag_param]",
        )
        self._invite = self._messages - 1

    def hang_up(self) -> None:
        self._request("BYE", "[next_url]", ["[routes]"], tag="[peer_tag_param]")
        self.expect_response("200")

    def expect_response(self, status: str, *, has: str = "", **attributes: str) -> None:
        """Insist on a response to the last request; a late one to an earlier request is not taken for it."""
        self.expect(status, has=has, response_txn=self._transaction, **attributes)

    def responses_may_come(self, *statuses: str) -> None:
        for status in statuses:
            self.expect_response(status, optional="true")

    def hung_up(self) -> None:
        """Insist on the other side's BYE."""
        self.expect("BYE")
        self.send(
            "SIP/2.0 200 OK", ["[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"]
        )

    def _request(self, method: str, uri: str, headers: list[str], body: str = "", *, tag: str = "") -> None:
        self._cseq += 1
        self._transaction = f"request{self._cseq}"
        self.send(
            f"{method} {uri} SIP/2.0",
            [*self._dialog(self._cseq, method, tag=tag), *headers],
            body,
            again=True,
            start_txn=self._transaction,
        )

    def _dialog(self, cseq: int, method: str, *, tag: str, branch: str = "[branch]") -> list[str]:
        return [
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
            f"From: <sip:{self.number}@[remote_ip]:[remote_port]>;tag=[pid]c[call_number]",
            f"To: <sip:{self.callee}@[remote_ip]:[remote_port]>{tag}",
            "Call-ID: [call_id]",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70",
        ]

    def _contact(self) -> str:
        return f"Contact: <sip:{self.number}@[local_ip]:[local_port];transport=[transport]>"

    def _branch_of_invite(self) -> str:
        return f"[branch-{self._messages - self._invite}]"


class Callee(Scenario):
    """The phone that is called."""

    def invited(self, *, has: str = "") -> None:
        self.expect("INVITE", has=has)

    def ring(self) -> None:
        self._respond("180 Ringing")

    def answer(self, *, direction: str = "sendrecv", new: bool = True, lossy: bool = False) -> None:
        """Answer; where packets are lost, a BYE may come before the ACK does."""
        self._respond("200 OK", self.sdp(direction, PCMU), again=True, new=new)
        self.expect("ACK", **({"optional": "true"} if lossy else {}))

    def refuse(self, status: str) -> None:
        self._respond(status, again=True)
        self.expect("ACK")

    def hung_up(self) -> None:
        self.expect("BYE")
        self._respond("200 OK", new=False)

    def cancelled(self) -> None:
        """Insist on a CANCEL; answer it, and end the INVITE with 487 (RFC 3261 9.2)."""
        self.expect("CANCEL")
        self._respond("200 OK")
        self.send(
            "SIP/2.0 487 Request Terminated",
            [
                "[last_Via:]",
                "[last_From:]",
                "[last_To:];tag=[pid]a[call_number]",
                "[last_Call-ID:]",
                "CSeq: [$cseq] INVITE",
            ],
            again=True,
        )
        self.expect("ACK")

    def _respond(self, status: str, body: str = "", *, again: bool = False, new: bool = True) -> None:
        tag = ";tag=[pid]a[call_number]" if new else ""
        self.send(
            f"SIP/2.0 {status}",
            [
                "[last_Via:]",
                "[last_From:]",
                f"[last_To:]{tag}",
                "[last_Call-ID:]",
                "[last_CSeq:]",
                f"Contact: <sip:{self.number}@[local_ip]:[local_port];transport=[transport]>",
            ],
            body,
            again=again,
        )
