"""Line group: the numbers among which a hunt pilot distributes calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting
from ringward.domain.vocabulary import DistributionAlgorithm

_MAX_MEMBERS = 200
"""More than can be rung one after the other in the time that anybody waits."""


@dataclass(frozen=True, slots=True)
class LineGroup(Noun):
    """Directory numbers that take the calls of hunt pilots, in an order of their own."""

    noun: ClassVar[str] = "line-group"
    title: ClassVar[str] = "Line Group"

    name: str = name_setting("Name of the line group.")
    description: str = setting("Description", "Free text.", default="", listed=True)
    distribution_algorithm: DistributionAlgorithm = setting(
        "Distribution Algorithm",
        "Who rings first. Top Down: always the first who is free. Circular: the one after whoever was rung last. "
        "Longest Idle Time: whoever has had no call for longest. Broadcast: all at once.",
        default=DistributionAlgorithm.LONGEST_IDLE,
        listed=True,
    )
    rna_reversion_timeout: int = setting(
        "RNA Reversion Timeout",
        "How long a member rings (with Broadcast, all of them) before the call goes on to the next.",
        default=10,
        minimum=1,
        maximum=300,
        unit="seconds",
    )
    members: tuple[str, ...] = setting(
        "Members",
        "The directory numbers of the group, in order; 1001/Staff for one in a partition. Their own call forwards "
        "do not count for calls of a hunt pilot.",
        default=(),
        references="directory-number",
        listed=True,
        max_items=_MAX_MEMBERS,
    )
