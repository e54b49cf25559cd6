"""Migrations of the schema, run by Alembic when a database is opened."""
