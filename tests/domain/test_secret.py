"""Secrets print nothing and cannot leave by accident."""

from __future__ import annotations

import copy
import pickle

import pytest

from ringward.domain.secret import Secret


def test_it_shows_only_whether_it_is_set() -> None:
    secret = Secret("sesame")
    assert "sesame" not in f"{secret} {secret!r} {[secret]}"
    assert bool(secret)
    assert not Secret("")
    assert repr(Secret("")) == "Secret(empty)"


def test_it_gives_itself_away_only_when_asked() -> None:
    assert Secret("sesame").reveal() == "sesame"


def test_equal_secrets_are_equal_and_texts_are_not_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_it_cannot_be_pickled_or_copied_by_pickling() -> None:
    for act in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            act(Secret("sesame"))
