"""Dialogs (RFC 3261 section 12): what two user agents remember of each other."""

from __future__ import annotations

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.header import parse_name_address, tag_of
from ringward.protocols.sip.message import Headers, Request, Response
from ringward.protocols.sip.uri import parse_uri

MAX_FORWARDS = "70"
"""RFC 3261 section 8.1.1.6."""
SIP_PORT = 5060


class Dialog:
    """One dialog, or the beginning of one while the far side's tag is unknown."""

    __slots__ = (
        "call_id",
        "contact",
        "flow",
        "local_address",
        "local_cseq",
        "local_tag",
        "remote_address",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "route_set",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local_address: str,
        local_tag: str,
        remote_address: str,
        remote_target: str,
        contact: str,
        flow: Flow,
        local_cseq: int,
    ) -> None:
        self.call_id = call_id
        self.local_address = local_address
        """From value of our requests, without tag."""
        self.local_tag = local_tag
        self.remote_address = remote_address
        """To value of our requests, without tag."""
        self.remote_tag = ""
        self.remote_target = remote_target
        self.route_set: list[str] = []
        self.contact = contact
        """Contact value of our requests and responses."""
        self.flow = flow
        self.local_cseq = local_cseq
        self.remote_cseq = -1

    @property
    def key(self) -> str:
        """How requests of the far side find this dialog: Call-ID and our tag."""
        return f"{self.call_id} {self.local_tag}"

    def next_cseq(self) -> int:
        """Count one request on."""
        self.local_cseq += 1
        return self.local_cseq

    def request(self, method: str, headers: Headers | None = None, body: bytes = b"", cseq: int = 0) -> Request:
        """A request in this dialog; ``cseq`` only for ACK and CANCEL, others get the next number."""
        to = f"{self.remote_address};tag={self.remote_tag}" if self.remote_tag else self.remote_address
        fields: Headers = {
            "Max-Forwards": [MAX_FORWARDS],
            "From": [f"{self.local_address};tag={self.local_tag}"],
            "To": [to],
            "Call-ID": [self.call_id],
            "CSeq": [f"{cseq or self.next_cseq()} {method}"],
        }
        if self.route_set:
            fields["Route"] = self.route_set
        if headers:
            fields.update(headers)
        return Request(method, self.remote_target, fields, body)

    def establish(self, response: Response) -> None:
        """Learn the far side's tag, target and route from a response to our INVITE (section 12.1.2)."""
        self.remote_tag = response.to_tag
        routes = response.values("Record-Route")
        self.route_set = routes[::-1] if len(routes) > 1 else list(routes)
        self.refresh(response)

    def fork(self, response: Response, cseq: int) -> Dialog:
        """The dialog with another place that answers our INVITE; its next request counts on from ``cseq``."""
        other = Dialog(
            call_id=self.call_id,
            local_address=self.local_address,
            local_tag=self.local_tag,
            remote_address=self.remote_address,
            remote_target=self.remote_target,
            contact=self.contact,
            flow=self.flow,
            local_cseq=cseq,
        )
        other.establish(response)
        return other

    def refresh(self, message: Request | Response) -> None:
        """Learn a new target from the Contact of a target refresh (section 12.2)."""
        contact = message.get("Contact")
        if contact is None:
            return
        try:
            target = parse_name_address(message.values("Contact")[0]).uri_text
            self.flow = flow_to(self.flow, target)
        except (MalformedMessage, IndexError):
            return
        self.remote_target = target


def dialog_begun_by(request: Request, flow: Flow, local_tag: str, contact: str) -> Dialog:
    """The dialog that an INVITE or SUBSCRIBE begins here (section 12.1.1); raises :class:`MalformedMessage`."""
    contacts = request.values("Contact")
    if len(contacts) != 1:
        raise MalformedMessage(f"{request.method} needs exactly one Contact")
    target = parse_name_address(contacts[0]).uri_text
    parse_uri(target)
    remote = request.headers["From"][0]
    dialog = Dialog(
        call_id=request.call_id,
        local_address=_without_tag(request.headers["To"][0]),
        local_tag=local_tag,
        remote_address=_without_tag(remote),
        remote_target=target,
        contact=contact,
        flow=flow_to(flow, target),
        local_cseq=0,
    )
    dialog.remote_tag = tag_of(remote)
    dialog.remote_cseq = request.cseq[0]
    dialog.route_set = list(request.values("Record-Route"))
    return dialog


def flow_to(flow: Flow, target: str) -> Flow:
    """Where requests to a contact go when its messages come by ``flow``.

    A stream is used as it is. With UDP the port is the contact's, since phones may send from another port than the
    one they listen on (PSP-28); but only at the address that the messages come from, so that nobody can have us
    send to a third party.
    """
    if flow.transport is not Transport.UDP:
        return flow
    uri = parse_uri(target)
    port = uri.port or SIP_PORT
    if uri.host.strip("[]") != flow.remote[0] or port == flow.remote[1]:
        return flow
    return flow.toward((flow.remote[0], port))


def _without_tag(value: str) -> str:
    head, bracket, rest = value.rpartition(">")
    if bracket and not rest:
        return value
    parts = (rest if bracket else value).split(";")
    kept = ";".join([parts[0], *(part for part in parts[1:] if not part.strip().lower().startswith("tag"))])
    return head + bracket + kept if bracket else kept
