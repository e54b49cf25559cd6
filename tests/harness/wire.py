"""Two SIP endpoints joined by an imaginary wire, for ladder tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction

OFFER = b"v=0 offer"
ANSWER = b"v=0 answer"


@dataclass
class Agent:
    """A user agent that notes what it is told, and answers only when told to.

    Looking at ``log`` or ``incoming`` first lets everything under way arrive.
    """

    name: str
    address: tuple[str, int]
    wire: Wire
    transport: Transport = Transport.UDP
    notes: list[str] = field(default_factory=list)
    taken: list[InviteSession] = field(default_factory=list)
    refer_status: int = 202
    challenge: Callable[[ServerTransaction, float], bool] | None = None

    def __post_init__(self) -> None:
        tokens = count(1)
        self.endpoint = SipEndpoint(
            self, self._transmit, lambda: f"{self.name}{next(tokens)}", lambda: 0.5, f"{self.name}/1"
        )

    @property
    def log(self) -> list[str]:
        self.wire.settle()
        return self.notes

    @property
    def incoming(self) -> list[InviteSession]:
        self.wire.settle()
        return self.taken

    def _transmit(self, flow: Flow, data: bytes) -> None:
        self.wire.carry(self, flow, data)

    def flow_to(self, other: Agent) -> Flow:
        return self.wire.flow(self, other)

    def call(
        self, other: Agent, body: bytes = OFFER, credentials: DigestCredentials | None = None
    ) -> InviteSession:
        host, port = other.address
        return self.endpoint.invite(
            self.flow_to(other),
            f"sip:{other.name}@{host}:{port}",
            f"<sip:{self.name}@x>",
            f"<sip:{other.name}@x>",
            f"<sip:{self.name}@{self.address[0]}:{self.address[1]}>",
            self,
            self.wire.now,
            body=body,
            credentials=credentials,
        )

    # EndpointUser

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        return self.challenge is None or self.challenge(transaction, now)

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        if transaction.request.method == "INVITE":
            contact = f"<sip:{self.name}@{self.address[0]}:{self.address[1]}>"
            self.taken.append(self.endpoint.take(transaction, contact, self, now))
            self.notes.append(f"invite {transaction.request.body.decode()}".strip())
        else:
            transaction.answer(200, now, to_tag="t")

    # SessionUser

    def on_progress(self, session: InviteSession, status: int, body: bytes, now: float) -> None:
        self.notes.append(f"progress {status} {body.decode()}".strip())

    def on_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        self.notes.append(f"answered {body.decode()}".strip())

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        self.notes.append(f"failed {status}")

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        self.notes.append(f"ended {status}")

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        self.notes.append(f"offer {body.decode()}".strip())

    def on_offer_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        self.notes.append(f"offer-answered {body.decode()}".strip())

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        self.notes.append(f"offer-refused {status}")

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        self.notes.append(f"acknowledged {body.decode()}".strip())

    def on_refer(self, session: InviteSession, refer_to: str, request: Request, now: float) -> int:
        self.notes.append(f"refer {refer_to}")
        return self.refer_status

    def on_refer_progress(self, session: InviteSession, status: int, final: bool, now: float) -> None:
        self.notes.append(f"refer-progress {status}{' final' if final else ''}")

    def on_identity(self, session: InviteSession, now: float) -> None:
        self.notes.append(f"identity {session.far_side.identity}")

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        self.notes.append(f"info {content_type}")

    # ResponseUser

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        self.notes.append(f"response {response.status}")

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        self.notes.append("timeout")


class Wire:
    """Carries messages at once or as told; keeps the ladder; has the clock."""

    def __init__(self, transport: Transport = Transport.UDP) -> None:
        self.now = 0.0
        self.transport = transport
        self.lines: list[str] = []
        self.lose: Callable[[str], bool] = lambda line: False
        self.hold: Callable[[str], bool] = lambda line: False
        self.change: Callable[[str, bytes], bytes] = lambda line, data: data
        """What becomes of a message on its way."""
        self.held: list[tuple[Agent, Flow, bytes]] = []
        self._agents: dict[tuple[str, int], Agent] = {}
        self._flows: dict[tuple[tuple[str, int], tuple[str, int]], Flow] = {}
        self._queue: list[tuple[Agent, Flow, bytes]] = []

    @property
    def ladder(self) -> list[str]:
        """What was sent so far, after everything under way has arrived."""
        self.settle()
        return self.lines

    def agent(self, name: str, host: str) -> Agent:
        agent = Agent(name, (host, 5060), self, self.transport)
        self.join(agent)
        return agent

    def join(self, agent: Agent) -> None:
        """Put an agent that was made elsewhere on the wire."""
        self._agents[agent.address] = agent

    def leave(self, agent: Agent) -> None:
        """Cut the wire of an agent: nothing reaches it any more."""
        self._agents.pop(agent.address, None)
        self._queue = [each for each in self._queue if each[0] is not agent]

    def flow(self, source: Agent, target: Agent) -> Flow:
        key = (source.address, target.address)
        if key not in self._flows:
            self._flows[key] = Flow(self.transport, source.address, target.address)
        return self._flows[key]

    def carry(self, source: Agent, flow: Flow, data: bytes) -> None:
        start = data.split(b"\r\n", 1)[0].decode()
        words = start.split(" ")
        what = words[1] if words[0].startswith("SIP/") else words[0]
        if what.isdigit():
            method = next(line for line in data.split(b"\r\n") if line.startswith(b"CSeq")).decode().split(" ")[2]
            what = f"{what} {method}"
        target = self._agents.get(flow.remote)
        line = f"{source.name} -> {target.name if target else flow.remote}: {what}"
        self.lines.append(line)
        if target is None or self.lose(line):
            return
        data = self.change(line, data)
        if self.hold(line):
            self.held.append((target, self.flow(target, source), data))
            return
        self._queue.append((target, self.flow(target, source), data))

    def release(self) -> None:
        """Deliver what was held back."""
        self.settle()
        held, self.held = self.held, []
        self.hold = lambda line: False
        self._queue += held
        self.settle()

    def settle(self) -> None:
        """Let everything under way arrive."""
        while self._queue:
            agent, back, message = self._queue.pop(0)
            problem = agent.endpoint.receive(message, back, self.now)
            if problem:
                self.lines.append(f"{agent.name}: {problem}")

    def run(self, seconds: float) -> None:
        """Let time pass, from deadline to deadline."""
        until = self.now + seconds
        while True:
            self.settle()
            deadlines = [agent.endpoint.next_deadline() for agent in self._agents.values()]
            soonest = min((each for each in deadlines if each is not None), default=None)
            if soonest is None or soonest > until:
                break
            self.now = max(self.now, soonest)
            for agent in self._agents.values():
                agent.endpoint.advance(self.now)
        self.now = until
