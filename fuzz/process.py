"""One target in a process of its own: ``python -m fuzz.process TARGET [options of libFuzzer]``."""

from __future__ import annotations

import logging
import sys

import atheris

with atheris.instrument_imports(
    include=["ringward.files", "ringward.pki", "ringward.protocols", "ringward.services.call_manager"]
):
    from fuzz.targets import TARGETS


def main() -> None:
    """Run until libFuzzer's limit, or until something breaks."""
    target = TARGETS[sys.argv.pop(1)]
    logging.disable()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
