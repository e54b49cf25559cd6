"""Where the file server gets a phone's configuration from."""

from __future__ import annotations

from typing import Protocol

from ringward.files.phone_configuration import DefaultConfiguration, PhoneConfiguration


class ConfigurationSource(Protocol):
    """Answers with plain values; may wait for the database, so it is asked from a worker thread."""

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        """The configuration of one phone, or None when no such phone is configured."""
        ...

    def defaults(self) -> DefaultConfiguration:
        """What phones without a file of their own get."""
        ...
