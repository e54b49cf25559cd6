"""What Alembic runs for every command: the migrations, on the connection and in the transaction it was given."""

from __future__ import annotations

from alembic import context

from ringward.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
