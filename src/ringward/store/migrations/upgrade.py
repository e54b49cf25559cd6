"""Bring a database to the present schema, within the transaction of the caller."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ringward.domain.errors import Unavailable
from ringward.store.tables import SCHEMA_REVISION


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for these migrations, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str | None) -> None:
    """Run every migration that a database at a revision lacks.

    Raises :class:`Unavailable` for a database whose revision is not known here: a newer version made it, and
    writing to it could destroy what only that version understands.
    """
    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise Unavailable(
            f"the database has schema {revision}, made by a newer version of Ringward than this one, which knows "
            f"schemas up to {SCHEMA_REVISION}: install the newer version, or restore a backup"
        )
    command.upgrade(config, SCHEMA_REVISION)
