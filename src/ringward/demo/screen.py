"""What a person sees of the demonstration: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ringward.demo.office import Office
from ringward.demo.steps import Programme
from ringward.domain.errors import RingwardError

MAX_LINES = 12
"""Lines of the story that stay on a large screen."""
MIN_LINES = 3
WIDE = 110
"""Columns from which on there is room for everything."""
_OTHER_LINES = 27
"""Lines that tables and steps take."""
PICTURES_PER_SECOND = 4
_SECURITY = {"nonsecure": ("open", "yellow"), "authenticated": ("shield", "cyan"), "encrypted": ("lock", "green")}


class Screen:
    """See the module. Use it as a context."""

    def __init__(self, programme: Programme, directory: Path) -> None:
        self._console = Console()
        self._programme = programme
        self._directory = directory
        self._story: deque[str] = deque(maxlen=MAX_LINES)
        self._office: Office | None = None
        self._calls: list[dict[str, Any]] = []
        self._modes: dict[str, str] = {}
        self._live = Live(
            get_renderable=self._picture,
            console=self._console,
            refresh_per_second=PICTURES_PER_SECOND,
            auto_refresh=False,
            transient=False,
        )
        self._painter: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._painter is not None:
            self._painter.cancel()
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, line: str) -> None:
        """One more line of the story."""
        self._story.append(line)
        if not self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, office: Office) -> None:
        """Paint the office from now on."""
        self._office = office
        if self._console.is_terminal:
            self._painter = asyncio.get_running_loop().create_task(self._paint(office))

    async def _paint(self, office: Office) -> None:
        while True:
            try:
                self._calls = await office.calls()
                self._modes = {
                    name: each["security_mode"] for name, each in (await office.registrations()).items()
                }
            except RingwardError:
                self._calls, self._modes = [], {}
            self._live.refresh()
            await asyncio.sleep(1 / PICTURES_PER_SECOND)

    def _picture(self) -> Group:
        parts: list[Any] = [self._heading()]
        if self._office is not None:
            parts += [self._phones(self._office), self._call_table()]
        room = max(MIN_LINES, min(MAX_LINES, self._console.height - _OTHER_LINES))
        story = Text("\n".join(list(self._story)[-room:]), no_wrap=True, overflow="ellipsis")
        parts += [self._steps(), Panel(story, title="What happens", title_align="left")]
        return Group(*parts)

    def _heading(self) -> Text:
        heading = Text.assemble(("Ringward", "bold"), "  a node with an office of software phones   ")
        if self._office is not None:
            heading.append(f"SIP {self._office.node.address}:{5060 + self._office.node.port_offset}  ", "dim")
        heading.append(f"data in {self._directory}", "dim")
        return heading

    @property
    def _is_wide(self) -> bool:
        return self._console.width >= WIDE

    def _phones(self, office: Office) -> Table:
        table = _table("Phones")
        if self._is_wide:
            table.add_column("Phone", no_wrap=True)
            table.add_column("Model", no_wrap=True)
        for column in ("Line", "Who", "State", "Hears", "Security"):
            table.add_column(column, no_wrap=True, ratio=1 if column == "State" else None)
        for desk in office.desks:
            person = desk.person
            style = "bold green" if "talks" in desk.state else "bold yellow" if "rings" in desk.state else ""
            row: list[str | Text] = [
                person.number,
                person.name,
                Text(desk.state, style),
                str(desk.hears or ""),
                self._modes.get(person.device_name, ""),
            ]
            wide: list[str | Text] = [person.device_name, person.model] if self._is_wide else []
            table.add_row(*wide, *row)
        return table

    def _call_table(self) -> Table:
        table = _table("Calls")
        for column in ("From", "To", "State", "Since"):
            table.add_column(column, no_wrap=True)
        table.add_column("Security", ratio=1)
        for call in self._calls:
            word, style = _SECURITY[call["security"]]
            state = f"held by {call['held_by']}" if call["held_by"] else call["state"]
            since = max(0.0, time.time() - call["originated_at"])
            reason = f" {call['security_reason']}" if self._is_wide else f" {call['security']}"
            table.add_row(
                _party(call["calling"], call["calling_name"], self._is_wide),
                _party(call["called"], call["called_name"], self._is_wide),
                state,
                f"{since:.0f} s",
                Text.assemble((word, style), reason),
            )
        if not self._calls:
            table.add_row(Text("none", "dim"))
        return table

    def _steps(self) -> Table:
        table = Table.grid(padding=(0, 2))
        done = {result.id: result for result in self._programme.results}
        for scene in self._programme.scenes:
            result = done.get(scene.id)
            if result is not None:
                mark = Text("✓", "bold green") if result.ok else Text("✗", "bold red")
            else:
                mark = Text("▸", "bold yellow") if scene.id == self._programme.playing else Text("·", "dim")
            seconds = f"{result.seconds:.1f} s" if result is not None else ""
            table.add_row(mark, scene.id, scene.title, Text(seconds, "dim"))
        return table


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, expand=True
    )


def _party(number: str, name: str, is_wide: bool) -> str:
    return f"{number} {name if is_wide else name.partition(' ')[0]}".strip()
