"""``ringward analyze FROM DIGITS``: where a number would go, step by step (Dialed Number Analyzer)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ringward.cli.access import Data, Json, node
from ringward.cli.output import console, plain, print_json
from ringward.domain.rules.device_name import device_name_of

_NOBODY = "-"


def analyze(
    caller: Annotated[
        str,
        typer.Argument(metavar="FROM", help="The phone or number that dials; - for nobody.", show_default=False),
    ],
    dialled: Annotated[str, typer.Argument(metavar="DIGITS", help="What is dialled.", show_default=False)],
    line: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100, help="Line of the phone.")] = 1,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Tell step by step where a number would go: what matches, what is closest, what forwards and features do."""
    device = "" if caller == _NOBODY else device_name_of(caller) or caller
    with node(data) as client:
        answer: dict[str, Any] = client.ask("analyse", dialled=dialled, device=device, line=line)
    if as_json:
        print_json(answer)
        return
    out = console()
    for number, stop in enumerate(answer["stops"], 1):
        out.print(f"{number}. {plain(stop['number'])}  {plain(stop['because'])}", style="bold", soft_wrap=True)
        for step in (*stop["steps"], *stop["does"]):
            out.print(f"   {plain(step)}", soft_wrap=True)
    out.print(_ending(answer), style="red" if answer["obstacle"] else "green", soft_wrap=True)


def _ending(answer: dict[str, Any]) -> str:
    if answer["obstacle"]:
        return plain(answer["obstacle"])
    if answer["lines"]:
        names = [f"{each} (not registered now)" if each in answer["silent"] else each for each in answer["lines"]]
        return f"Rings {plain(', '.join(names))}"
    return "Taken by a feature." if answer["stops"][-1]["does"] else "No line has this number: nobody rings."
