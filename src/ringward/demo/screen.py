"""What a person sees of the demonstration: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import textwrap
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ringward.demo.office import Office
from ringward.demo.steps import Programme
from ringward.domain.errors import RingwardError

MAX_LINES = 12
"""Lines of the story on a large screen."""
MIN_LINES = 3
WIDE = 110
"""Columns from which on there is room for everything."""
LOW = 45
"""Lines under which tables have no titles and rules."""
_ASIDE_WIDTH = 9
"""Columns beside a step: seconds, or how many steps are not shown."""
_FRAME, _FRAME_WIDTH = 2, 4
"""Lines and columns of the frame around the story."""
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
        self._sign_in = ""
        self._calls: list[dict[str, Any]] = []
        self._modes: dict[str, str] = {}
        self._is_over = False
        """Whether this is the last picture, which stays and may be longer than the screen."""
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
        self._is_over = True
        if self._console.is_terminal:
            self._live.stop()
        elif self._office is not None and self._office.verdicts:
            self._console.print(_verdict_table(self._office, is_wide=True))

    def tell(self, line: str) -> None:
        """One more line of the story."""
        self._story.append(line)
        if not self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, office: Office) -> None:
        """Paint the office from now on, and say where it can be watched in a browser."""
        node = office.node
        self._sign_in = f"{node.web_address} as administrator, {node.first_password()}"
        self._office = office
        self.tell(f"In a browser: {self._sign_in}")
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
        """What fits on the screen: the office, then what happens, then steps around the present one."""
        office = self._office
        parts: list[RenderableType] = [self._heading()]
        if office is not None:
            parts += [self._phones(office), self._call_table()]
        if self._is_over:
            parts.append(self._steps(0, len(self._programme.scenes)))
        verdicts = [self._verdicts(office)] if office is not None and office.verdicts else []
        left = self._console.height - 1 - sum(map(self._height_of, (*parts, *verdicts)))
        if self._is_over:
            return Group(*parts, *verdicts, self._story_panel(MAX_LINES))
        steps = len(self._programme.scenes)
        lines = max(MIN_LINES, min(MAX_LINES, max(left - steps, left // 3) - _FRAME))
        first, end = self._window(max(1, left - lines - _FRAME))
        return Group(*parts, self._steps(first, end), *verdicts, self._story_panel(lines))

    def _verdicts(self, office: Office) -> Table:
        return _verdict_table(office, is_wide=self._is_wide, is_low=self._is_low)

    def _height_of(self, part: RenderableType) -> int:
        return len(self._console.render_lines(part))

    def _window(self, room: int) -> tuple[int, int]:
        """Which steps are shown where there is no room for all: the present one with those around it."""
        present, every = len(self._programme.results), len(self._programme.scenes)
        first = max(0, min(present - room * 2 // 3, every - room))
        return first, min(every, first + room)

    def _story_panel(self, lines: int) -> Panel:
        width = self._console.width - _FRAME_WIDTH
        told = [part for line in self._story for part in textwrap.wrap(line, width, subsequent_indent="    ")]
        return Panel(Text("\n".join(told[-lines:])), title="What happens", title_align="left")

    def _heading(self) -> Text:
        heading = Text.assemble(("Ringward", "bold"), "  a node with an office of software phones   ")
        if self._office is not None:
            heading.append(f"SIP {self._office.node.address}:{5060 + self._office.node.port_offset}  ", "dim")
        if self._is_wide:
            heading.append(f"data in {self._directory}", "dim")
        if self._sign_in:
            heading.append(f"\nIn a browser: {self._sign_in}", "cyan")
        return heading

    @property
    def _is_wide(self) -> bool:
        return self._console.width >= WIDE

    @property
    def _is_low(self) -> bool:
        return not self._is_over and self._console.height < LOW

    def _phones(self, office: Office) -> Table:
        table = _table("Phones", is_low=self._is_low)
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
        table = _table("Calls", is_low=self._is_low)
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

    def _steps(self, first: int, end: int) -> Table:
        """Steps from ``first`` until before ``end``, and how many there are besides."""
        scenes = self._programme.scenes
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for width in (1, max(len(scene.id) for scene in scenes), None, _ASIDE_WIDTH):
            table.add_column(no_wrap=True, width=width, ratio=None if width else 1)
        done = {result.id: result for result in self._programme.results}
        for place, scene in enumerate(scenes[first:end], first):
            result = done.get(scene.id)
            if result is not None:
                mark = Text("✓", "bold green") if result.ok else Text("✗", "bold red")
            else:
                mark = Text("▸", "bold yellow") if scene.id == self._programme.playing else Text("·", "dim")
            aside = f"{result.seconds:.1f} s" if result is not None else ""
            if place == first and first:
                aside = f"{first} before"
            elif place == end - 1 and end < len(scenes):
                aside = f"{len(scenes) - end} more"
            table.add_row(mark, scene.id, scene.title, Text(aside, "dim"))
        return table


def _table(title: str, *, is_low: bool = False) -> Table:
    """A table over the whole width; on a low screen without lines of its own."""
    if is_low:
        return Table(box=None, pad_edge=False, expand=True, header_style="bold dim")
    return Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, expand=True
    )


def _verdict_table(office: Office, *, is_wide: bool, is_low: bool = False) -> Table:
    """How secure calls were between phones of different modes, and why; on a low screen one line each."""
    table = _table("How secure calls were", is_low=is_low)
    for column in ("Phones", "Shown", *(() if is_low else ("Media",))):
        table.add_column(column, no_wrap=True)
    table.add_column("Because" if is_low else "Status and reason", ratio=1)
    for each in office.verdicts:
        word, style = _SECURITY[each.security]
        if is_low:
            table.add_row(each.between, Text(word, style), each.reason.partition(" because ")[2])
            continue
        media = ("SRTP " + each.suite * is_wide).strip() if each.suite else "RTP"
        table.add_row(each.between, Text(word, style), media, each.reason)
    return table


def _party(number: str, name: str, is_wide: bool) -> str:
    return f"{number} {name if is_wide else name.partition(' ')[0]}".strip()
