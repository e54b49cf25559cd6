"""The programming interface, version 1: the same use cases as the pages, as JSON for programs."""
