"""Names in the data directory of a node."""

from __future__ import annotations

DATABASE_FILE = "ringward.sqlite"
KEY_FILE = "cluster.key"
CERTIFICATES = "certificates"
"""Directory of the server's key pairs."""
