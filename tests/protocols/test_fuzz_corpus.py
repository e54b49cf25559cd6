"""Everything in the fuzzers' corpus, what once broke something included, breaks nothing now."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.targets import TARGETS, corpus_of

_CASES = [
    (target, path) for target in TARGETS for folder in corpus_of(target) for path in sorted(folder.iterdir())
]


@pytest.mark.parametrize(("target", "path"), _CASES, ids=[f"{target}-{path.name}" for target, path in _CASES])
def test_corpus(target: str, path: Path) -> None:
    if path.name != ".gitattributes":
        TARGETS[target](path.read_bytes())


def test_every_target_has_a_corpus() -> None:
    assert {target for target, _ in _CASES} == set(TARGETS)
