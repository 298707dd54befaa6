"""What the tests from end to end share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from claif.testing import ServerProcess


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server
