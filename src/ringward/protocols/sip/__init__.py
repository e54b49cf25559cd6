"""SIP (RFC 3261) without sockets or clocks."""
