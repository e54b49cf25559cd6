"""Device names of phones: SEP and the hardware address."""

from __future__ import annotations

import re

PREFIX = "SEP"
DEVICE_NAME = re.compile(PREFIX + r"[0-9A-F]{12}")
DEVICE_NAME_HELP = "SEP and the twelve hexadecimal digits of the hardware address, for instance SEP001122AABBCC"
_ADDRESS = re.compile(r"(?:SEP)?((?:[0-9A-F]{2}[:-]?){5}[0-9A-F]{2}|[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4})")

_MANUFACTURERS_NAME = re.compile(rf"CP-[A-Z0-9+/-]{{1,20}}-({PREFIX}[0-9A-F]{{12}})")
"""Common name of a certificate that was installed at manufacture: model and device name."""


def device_named_by(common_name: str) -> str:
    """The device that a certificate with this common name belongs to (CAPF-39).

    A locally significant certificate has the device's name alone; one by the manufacturer (MIC) has ``CP-``, the
    model and the device's name.
    """
    match = _MANUFACTURERS_NAME.fullmatch(common_name)
    return match[1] if match else common_name


def device_name_of(text: str) -> str | None:
    """The device name for a hardware address in any of the usual notations, or for a device name in any case.

    None if the text is neither: ``00:11:22:aa:bb:cc``, ``0011.22aa.bbcc`` and ``sep001122aabbcc`` all name
    ``SEP001122AABBCC``.
    """
    match = _ADDRESS.fullmatch(text.strip().upper())
    return PREFIX + re.sub(r"[^0-9A-F]", "", match[1]) if match else None


def hardware_address(device_name: str) -> str:
    """The twelve upper-case digits in a device name; ``ValueError`` if it is none."""
    if not DEVICE_NAME.fullmatch(device_name):
        raise ValueError(f"{device_name!r} is not a device name: {DEVICE_NAME_HELP}")
    return device_name[len(PREFIX) :]
