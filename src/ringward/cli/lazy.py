"""Groups of commands that are made only when somebody asks for one: hundreds of options cost time to build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


def command(function: Callable[..., Any], help: str, *, panel: str | None = None) -> Any:
    """Make a command of a function whose signature carries typer's annotations."""
    # Plain help: long texts beside long options read better without frames, and brackets in them are no markup.
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(help=help)(function)
    made: Any = get_command(app)
    made.rich_help_panel = panel
    return made


class LazyCommands(MutableMapping[str, Any]):
    """Commands by name, each built by its maker when it is first looked at."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
            self._made[name].name = name
        return self._made[name]

    def __setitem__(self, name: str, made: Any) -> None:
        self._makers[name] = lambda: made
        self._made.pop(name, None)

    def __delitem__(self, name: str) -> None:
        del self._makers[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class LazyGroup(TyperGroup):
    """A group with :class:`LazyCommands`."""

    def __init__(
        self,
        name: str,
        help: str,
        makers: Mapping[str, Callable[[], Any]],
        *,
        panel: str | None = None,
        alone: Any = None,
    ) -> None:
        """``alone`` is the command that runs when none of the group is named; without one help is shown."""
        super().__init__(
            name=name,
            help=help,
            no_args_is_help=alone is None,
            invoke_without_command=alone is not None,
            params=list(alone.params) if alone is not None else None,
            callback=alone.callback if alone is not None else None,
            rich_help_panel=panel,
        )
        self.commands = LazyCommands(makers)

        self._alone = self.callback

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Begin anew: nothing of the group is named yet."""
        self.callback = self._alone
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """One of the group is named, so that only this one runs."""
        self.callback = None
        return super().resolve_command(ctx, args)
