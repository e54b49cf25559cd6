"""Region: which audio codecs calls between two places may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting

AUDIO_CODECS = ("L16-256k", "G722-64k", "G711-64k", "G729-8k")
"""Codec limits of a region, widest first; a limit allows itself and all that come after it."""


@dataclass(frozen=True, slots=True)
class Region(Noun):
    """A set of devices with the same bandwidth between them (ADMIN-33, MODEL-14)."""

    noun: ClassVar[str] = "region"
    title: ClassVar[str] = "Region"

    name: str = name_setting("Name of the region.")
    description: str = setting("Description", "Free text.", default="")
    codec_within: str = setting(
        "Audio codec within the region",
        "The widest codec that calls inside this region may use.",
        default="G722-64k",
        choices=AUDIO_CODECS,
        listed=True,
        requirement="ADMIN-33",
    )
    codec_between: str = setting(
        "Audio codec to other regions",
        "The widest codec for calls to other regions; of the two regions' values the narrower one counts.",
        default="G711-64k",
        choices=AUDIO_CODECS,
        listed=True,
        requirement="ADMIN-33",
    )
