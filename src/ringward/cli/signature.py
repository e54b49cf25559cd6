"""Signatures of commands that are made at run time: the arguments and options that typer shall see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from ringward.cli.access import Data, Json
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.setting import Noun, key_fields, parse_value


def signed(function: Callable[..., None], parameters: Sequence[Parameter]) -> Callable[..., None]:
    """Give a function that takes keywords the signature from which typer makes its parameters."""
    function.__signature__ = Signature(list(parameters))  # type: ignore[attr-defined]
    return function


def keyword(name: str, annotation: Any, default: Any = None) -> Parameter:
    """A parameter that becomes an option."""
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


DATA = keyword("data", Data)
JSON = keyword("as_json", Json, False)


def key_parameter(kind: type[Noun], name: str = "key", help: str = "", *, several: bool = False) -> Parameter:
    """The argument that names a record; parts of the key that may be left out stand in brackets."""
    first, *others = key_fields(kind)
    metavar = first.name.upper()
    for other in others:
        part = f"/{other.name.upper()}"
        metavar += part if other.default is MISSING else f"[{part}]"
    if name.startswith("new"):
        metavar = f"NEW_{metavar}"
    info = typer.Argument(help=help or first.setting.help, metavar=metavar, show_default=False)
    annotation: Any = list[str] if several else str
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[annotation, info])


def key_values(kind: type[Noun], key: str) -> dict[str, Any]:
    """The values of the key fields in a key as people type it. Raises :class:`Invalid`."""
    values: dict[str, Any] = {}
    for item, text in zip(key_fields(kind), kind.split_key(key), strict=False):
        try:
            values[item.name] = parse_value(item, text)
        except ValueError:
            raise Invalid(kind.noun, key, [FieldError(item.name, text, item.allowed())]) from None
    return values
