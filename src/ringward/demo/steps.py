"""The steps of the demonstration and what became of them. A step is true only if it was observed from outside."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringward.demo.office import CallVerdict, Office

STEP_TIMEOUT = 60.0
"""Seconds that a step may take; all of them together take a fraction of it."""


class NotObserved(Exception):
    """What a step was to show was not seen; the message says what was missing."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One step: its id in the record, its title, and what is done and observed; returns what was seen."""

    id: str
    title: str
    play: Callable[[Office], Awaitable[str]]


@dataclass(slots=True)
class Result:
    """What became of a step."""

    id: str
    ok: bool
    title: str
    detail: str
    seconds: float


@dataclass(slots=True)
class Programme:
    """The scenes in order, and the results so far."""

    scenes: Sequence[Scene]
    results: list[Result] = field(default_factory=list)
    playing: str = ""
    """Id of the scene that is on now."""

    @property
    def ok(self) -> bool:
        """Whether every step was verified."""
        return len(self.results) == len(self.scenes) and all(result.ok for result in self.results)

    async def run(self, office: Office, tell: Callable[[str], None]) -> None:
        """Play the scenes; after one that failed the later ones, which build on it, are not played."""
        for scene in self.scenes:
            self.playing = scene.id
            tell(f"— {scene.title}")
            began = time.monotonic()
            try:
                async with asyncio.timeout(STEP_TIMEOUT):
                    detail, ok = await scene.play(office), True
            except NotObserved as error:
                detail, ok = str(error), False
            except TimeoutError:
                detail, ok = f"not seen within {STEP_TIMEOUT:.0f} s", False
            self._note(scene, ok, detail, time.monotonic() - began)
            tell(f"{'✓' if ok else '✗'} {scene.id}: {detail}")
            if not ok:
                self.abandon(f"not played, because {scene.id} failed")
                break
        self.playing = ""

    def abandon(self, reason: str) -> None:
        """Nothing more can be played."""
        for scene in self.scenes[len(self.results) :]:
            self._note(scene, False, reason, 0.0)

    def _note(self, scene: Scene, ok: bool, detail: str, seconds: float) -> None:
        self.results.append(Result(scene.id, ok, scene.title, detail, round(seconds, 3)))

    def as_json(self, calls: Sequence[CallVerdict] = ()) -> str:
        """The record of the demonstration; ``calls``: how secure each kind of call was."""
        record = {"ok": self.ok, "steps": list(map(asdict, self.results)), "calls": list(map(asdict, calls))}
        return json.dumps(record, indent=2) + "\n"
