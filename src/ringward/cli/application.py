"""All commands of ``ringward``, loaded one by one as they are asked for."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from ringward.cli import accounts
from ringward.cli.lazy import LazyCommands, command
from ringward.cli.nouns import noun_group
from ringward.cli.output import complain
from ringward.cli.phone import PARTICULARS
from ringward.cli.records import Particulars
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid, RingwardError
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone

REFUSED = 1
"""Exit code when something could not be done; 2 is for wrong usage."""

_NODE = (
    ("run", "node:run", "Run the node; the first start installs a cluster."),
    ("stop", "node:stop", "Stop the running node."),
    ("drain", "node:drain", "Take no new calls, and stop the node when the present ones are over."),
    ("metrics", "node:metrics", "Write what the node measures, for Prometheus."),
    ("status", "node:status", "Show how the running node is."),
    ("service", "services:group", "Activate, start, stop and restart the services of a server."),
    ("todo", "to_do:group", "Show which services and phones must be restarted or reset for changes, and do it."),
    ("alarm", "alarms:group", "What is wrong now, what each alarm means, and where alarms go."),
    ("job", "jobs:group", "Long jobs that the node does phone by phone: progress, report, cancel."),
    ("backup", "backup:group", "Back up the node while it runs, verify a backup, and restore it."),
    ("settings", "node:settings", "Show the settings of the node, and how each can be set."),
)
_LIVE = (
    ("phones", "live:phones", "Show the phones that are registered now."),
    ("why", "why:why", "Tell why a phone is not registered or not secure, and what to do next."),
    ("analyze", "analyze:analyze", "Tell step by step where a number would go that somebody dials."),
    ("trace", "traces:group", "Write down what single phones and the call manager say to each other."),
    ("message-waiting", "message_waiting:group", "For whom there are messages."),
    ("calls", "calls:group", "Show the call detail records, or the calls of this moment."),
)
_MORE_CONFIGURATION = (
    ("parameter", "parameters:group", "Enterprise parameters and service parameters."),
    ("certificate", "certificates:group", "The certificates of this server."),
    ("trust", "trust:group", "Trust stores: whom the servers believe, and whom no longer."),
    ("capf", "capf:group", "Certificates of phones: operations, authentication strings, report, revocation."),
    ("dependents", "dependents:dependents", "Show which records use a record."),
    ("access-token", "access_tokens:group", "By what programs prove to the programming interface who they are."),
    ("sign-in", "sign_ins:group", "Who is signed in to the pages, who is locked out, and ending either."),
    (
        "second-factor",
        "second_factors:group",
        "Second factors of administrators: set up, recovery codes, take away.",
    ),
    ("audit", "audit:group", "Who did what and when, with the values before and after."),
)
_TOOLS = (
    ("ctl", "ctl:group", "The CTL client: trust list, cluster security mode, security tokens in it."),
    ("token", "tokens:group", "Security tokens: list, show, initialise, change the password."),
    ("phone-sim", "phone_sim:phone_sim", "Start software phones that boot, register and call."),
    ("version", "node:version", "Show the version."),
)
_PARTICULARS = {
    Phone.noun: PARTICULARS,
    EndUser.noun: accounts.particulars(EndUser.noun),
    ApplicationUser.noun: accounts.particulars(ApplicationUser.noun),
}


class RootGroup(TyperGroup):
    """The command itself; it turns refusals into a sentence and an exit code."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        makers = _makers("Node", _NODE) | _makers("Live", _LIVE)
        for noun, kind in reversed(tuple(NOUNS.items())):
            particulars = _PARTICULARS.get(noun, Particulars())
            makers[noun] = partial(noun_group, kind, particulars, panel="Configuration")
        makers |= _makers("Configuration", _MORE_CONFIGURATION) | _makers("Tools", _TOOLS)
        self.commands = LazyCommands(makers)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except RingwardError as error:
            complain(_sentence(error))
            raise typer.Exit(REFUSED) from None


def _sentence(error: RingwardError) -> str:
    """The error as people read it; several wrong fields each on a line of their own."""
    if isinstance(error, Invalid) and len(error.errors) > 1:
        return "\n    ".join([f"{error.noun} {error.key!r} is not valid:", *map(str, error.errors)])
    return str(error)


def _makers(panel: str, commands: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    return {name: partial(_load, place, help, panel) for name, place, help in commands}


def _load(place: str, help: str, panel: str) -> Any:
    """Import a command (a function) or a group of commands (made by a function called ``group``)."""
    module, _, name = place.partition(":")
    found = getattr(import_module(f"ringward.cli.{module}"), name)
    return found(help, panel) if name == "group" else command(found, help, panel=panel)


_HELP = (
    "Ringward, a secure IP-telephony call manager.\n\n"
    "Start a node with: ringward run --data DIR. Every other command works on the same DIR, which can also be set "
    "once as RINGWARD_DATA."
)

application = typer.Typer(
    cls=RootGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@application.callback(help=_HELP)
def _root() -> None:
    """The command without a subcommand."""
