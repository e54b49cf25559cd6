"""The database: tables, migrations, repositories and the change feed."""
