"""``ringward backup``: make a backup while the node runs, verify one, and restore it on a node that is stopped."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, data_directory, local_actor, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_record, print_table, say
from ringward.cli.secret_input import read_secret
from ringward.domain.errors import Refused

if TYPE_CHECKING:
    from ringward.administration.backup_file import Manifest
    from ringward.domain.secret import Secret
    from ringward.pki.sealed_stream import OpenedBy

_VARIABLE = "BACKUP_PASSPHRASE"
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The new private key.", show_default=False)]
Key = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The private key that it is sealed for; the passphrase is then that of the key.",
        show_default=False,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=f"File whose first line is the passphrase; - for standard input. Else {_VARIABLE}, else you type it.",
        show_default=False,
    ),
]


def group(help: str, panel: str) -> LazyGroup:
    """The commands."""
    makers = {
        "new-key": lambda: command(
            new_key, "Make a key pair: who has the public half seals, the private one opens."
        ),
        "list": lambda: command(list_backups, "List the backups that jobs have made, or tried to."),
        "make": lambda: command(make, "Have the node make one now, as a schedule says."),
        "check": lambda: command(check, "Compare the file of a listed backup with what was written."),
        "create": lambda: command(create, "Make a backup, sealed with a passphrase or for a key."),
        "show": lambda: command(show, "Verify a backup: read it whole, say what it is, and change nothing."),
        "restore": lambda: command(restore, "Put a backup in place of a data directory; the old state is kept."),
    }
    return LazyGroup("backup", help, makers, panel=panel)


def new_key(file: KeyFile, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Make a key pair, at one's own desk."""
    from ringward.administration.backup import SHORTEST_PASSPHRASE, failures_told
    from ringward.pki.backup_key import write_backup_key
    from ringward.pki.wrapping_key import UnwrappingKey

    passphrase = read_secret("the passphrase of the private key", passphrase_file, _VARIABLE, confirm=True)
    if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
        raise Refused(f"the passphrase is too short: it needs {SHORTEST_PASSPHRASE} characters or more")
    key = UnwrappingKey.make()
    with failures_told(file):
        write_backup_key(file, key, passphrase)
    if as_json:
        print_json({"public_key": key.public.text, "identity": key.public.identity.hex(), "file": str(file)})
        return
    say(f"The private key is {file}, sealed with its passphrase. Keep it away from the server, and twice.")
    say(f"Public key {key.public.identity.hex()}, for the schedule:\n\n{key.public.text}")


def create(
    file: File,
    passphrase_file: PassphraseFile = None,
    public_key: Annotated[
        str, typer.Option(metavar="KEY", help="Seal it for this key instead of a passphrase.", show_default=False)
    ] = "",
    data: Data = None,
) -> None:
    """Make a backup."""
    from ringward.pki.wrapping_key import WrappingKey

    sealed_for = WrappingKey.parse(public_key) if public_key else _passphrase(passphrase_file, confirm=True)
    with opened(data) as (administration, actor):
        manifest = administration.backups.create(actor, file.absolute(), sealed_for)
    _show(manifest)
    needed = "private key" if public_key else "passphrase"
    say(f"\nThe backup is {file}. Keep the {needed} elsewhere: without it nobody can restore this, nor read it.")


def list_backups(as_json: Json = False, data: Data = None) -> None:
    """List the backups."""
    with opened(data) as (administration, actor):
        found = administration.kept_backups.find(actor)
    if as_json:
        print_json([asdict(each) | {"state": each.state} for each in found])
        return
    rows = [
        [
            str(each.number),
            _clock(each.ordered_at),
            f"{each.directory}/{each.name}",
            f"{each.size / 1_000_000:.1f} MB" if each.size else "",
            each.sealed_for,
            f"{each.state}: {each.reason}" if each.reason else each.state,
        ]
        for each in found
    ]
    print_table(["Number", "Ordered", "File", "Size", "Sealed for", "State"], rows, empty="There are no backups.")


def make(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule.", show_default=False)],
    data: Data = None,
) -> None:
    """Order a backup."""
    from ringward.cli.jobs import say_ordered

    with opened(data) as (administration, actor):
        job = administration.backup_clock.order(actor, schedule)
    say_ordered(job, data)


def check(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The backup.", show_default=False)],
    data: Data = None,
) -> None:
    """Compare a backup with what was written."""
    with opened(data) as (administration, actor):
        is_as_made = administration.kept_backups.is_as_made(actor, number)
    if not is_as_made:
        raise Refused(f"backup {number} is NOT as it was written: somebody or a bad disk has changed it")
    say(f"Backup {number} is as it was written.")


def show(file: File, passphrase_file: PassphraseFile = None, key: Key = None) -> None:
    """Verify a backup, and say what it is."""
    from ringward.administration.restoration import verify

    _show(verify(file, _opened_by(passphrase_file, key)))
    say("\nThe backup is whole: every file in it is as it was.")


def restore(file: File, passphrase_file: PassphraseFile = None, key: Key = None, data: Data = None) -> None:
    """Restore a backup."""
    from ringward.administration.restoration import restore as restore_backup
    from ringward.services.node_lock import NodeLock

    directory = data_directory(data)
    # No node can start on the old state while it is replaced.
    with NodeLock(directory) if directory.is_dir() else nullcontext():
        manifest, kept = restore_backup(file, _opened_by(passphrase_file, key), directory, local_actor())
    _show(manifest)
    if kept is not None:
        say(f"\nThe former state lies in {kept}; remove it when you no longer need it.")
    say(f"\n{directory} is as it was then. Start the node: ringward run --data {directory}")
    say("It has the keys and the CTL file of then. If that file was signed since, sign it again for the phones.")


def _passphrase(file: Path | None, *, confirm: bool = False) -> Secret:
    return read_secret("the passphrase of the backup", file, _VARIABLE, confirm=confirm)


def _opened_by(passphrase_file: Path | None, key: Path | None) -> OpenedBy:
    """The passphrase of the backup, or the private key that it is sealed for."""
    from ringward.administration.backup import failures_told
    from ringward.pki.backup_key import read_backup_key

    if key is None:
        return _passphrase(passphrase_file)
    passphrase = read_secret("the passphrase of the private key", passphrase_file, _VARIABLE)
    with failures_told(key):
        return read_backup_key(key, passphrase)


def _clock(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _show(manifest: Manifest) -> None:
    print_record(
        [
            ("Node", manifest.node),
            ("Made", _clock(manifest.created_at)),
            ("Ringward", f"{manifest.version}, tables {manifest.schema}"),
            ("Files", f"{len(manifest.files)}, {manifest.size / 1_000_000:.1f} MB"),
        ]
    )
