"""The ``ringward`` command: parses, calls a use case, prints."""

from __future__ import annotations


def main() -> None:
    """Entry point of the command; what it does not need for a command it does not load."""
    from ringward.cli.application import application

    application()
