"""The ringward command: parses, calls a use case, prints."""
