"""Syslog: messages (RFC 5424) and how streams carry them (RFC 5425, RFC 6587)."""
