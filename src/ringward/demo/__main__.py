"""``python -m ringward.demo``: the demonstration. ``--once`` ends by itself; the exit code says how it went."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from ringward.demo.node_process import NodeProcess, free_port_offset
from ringward.demo.office import Office
from ringward.demo.scenes import SCENES
from ringward.demo.screen import Screen
from ringward.demo.steps import Programme
from ringward.domain.errors import RingwardError


def main() -> int:
    """Run the demonstration; 0 only if every step was verified."""
    parser = argparse.ArgumentParser(prog="make demo", description="A small office on a node of its own, live.")
    parser.add_argument("--once", action="store_true", help="end after the last step; else stay until Ctrl-C")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every step with its result to FILE")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory, kept afterwards; must be new")
    parser.add_argument("--port-offset", type=int, metavar="N", help="added to every port (default: a free one)")
    options = parser.parse_args()
    if options.data is not None and options.data.exists() and any(options.data.iterdir()):
        parser.error(f"{options.data} is not empty: the demonstration needs a data directory of its own")
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_run(options))
    return 130


async def _run(options: argparse.Namespace) -> int:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _interrupt)
    programme = Programme(SCENES)
    with contextlib.ExitStack() as stack:
        directory = options.data
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringward-demo-")))
        offset = options.port_offset if options.port_offset is not None else free_port_offset()
        screen = stack.enter_context(Screen(programme, directory))
        try:
            async with NodeProcess(directory, offset) as node, Office(node, screen.tell) as office:
                screen.show(office)
                await programme.run(office, screen.tell)
                if options.json is not None:
                    options.json.write_text(programme.as_json(office.verdicts))
                if not options.once:
                    screen.tell("The office works on; Ctrl-C ends it.")
                    await office.work_on()
        except RingwardError as error:
            programme.abandon(str(error))
            screen.tell(str(error))
            if options.json is not None:
                options.json.write_text(programme.as_json())
    return 0 if programme.ok else 1


def _interrupt() -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
