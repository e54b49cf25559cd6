from __future__ import annotations

from collections.abc import Iterator

import pytest

from acceptance.secure_phones import secure_phones
from services.test_node import Office


@pytest.fixture(scope="session")
def secure_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One node for all runs about secure calls; see :mod:`acceptance.secure_phones`."""
    with secure_phones(tmp_path_factory.mktemp("calls") / "data") as office:
        yield office
