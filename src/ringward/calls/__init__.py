"""The call engine: protocol-neutral legs joined by call events."""
