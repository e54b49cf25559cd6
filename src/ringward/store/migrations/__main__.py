"""For developers: draft the migration from what the migrations make to what the tables describe.

``python -m ringward.store.migrations 0002 "Add hunt groups"``, then read and correct what was written, and set
``SCHEMA_REVISION`` in ``store/tables.py``.
"""

from __future__ import annotations

import sys

from alembic import command
from sqlalchemy import create_engine

from ringward.store.migrations.upgrade import configuration


def draft(revision: str, message: str) -> None:
    """Write a draft into ``versions/``."""
    with create_engine("sqlite://").begin() as connection:
        config = configuration(connection)
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    draft(*sys.argv[1:3])
