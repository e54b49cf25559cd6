"""Fuzz all targets, or those named, for FUZZ_SECONDS in total: ``python -m fuzz [TARGET ...]``.

What breaks a target is kept in ``build/fuzz`` and becomes a test: put the file into ``fuzz/corpus/TARGET`` under a
name that says what it is, and mend the code.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fuzz.targets import TARGETS, corpus_of

ROOT = Path(__file__).parent.parent
FOUND = ROOT / "build/fuzz"
WORDS = Path(__file__).parent / "words.dict"
DEFAULT_SECONDS = 60
SLOWEST = 5
"""Seconds that one input may take: far more than any does, even on a busy machine."""
LARGEST = 8_192
"""Bytes of an input."""


def main(names: list[str]) -> int:
    """Exit status: 0 if nothing broke, 1 if something did, 2 for a wrong name or number."""
    unknown = [name for name in names if name not in TARGETS]
    total = os.environ.get("FUZZ_SECONDS", str(DEFAULT_SECONDS))
    if unknown or not total.isascii() or not total.isdigit() or not int(total):
        print(f"usage: [FUZZ_SECONDS=60] python -m fuzz [{' | '.join(TARGETS)}] ...", file=sys.stderr)
        return 2
    chosen = names or list(TARGETS)
    seconds = max(1, int(total) // len(chosen))
    broken = [name for name in chosen if not _fuzz(name, seconds)]
    if broken:
        print(f"broken: {', '.join(broken)}; see {FOUND.relative_to(ROOT)}")
    return 1 if broken else 0


def _fuzz(name: str, seconds: int) -> bool:
    grown = FOUND / name
    grown.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "fuzz.process", name),
        *(str(grown), *map(str, corpus_of(name))),
        *(f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-max_len={LARGEST}"),
        *(f"-dict={WORDS}", f"-artifact_prefix={FOUND}/{name}-"),
    ]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    done = re.search(r"Done (\d+) runs in (\d+) second", run.stderr)
    if run.returncode == 0 and done is not None:
        print(f"{name:20} {int(done[1]):>9,} inputs in {done[2]} s: nothing broke", flush=True)
        return True
    (FOUND / f"{name}.log").write_text(run.stdout + run.stderr)
    print(f"{name:20} broke:")
    print("\n".join((run.stdout or run.stderr).splitlines()[-25:]), flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
