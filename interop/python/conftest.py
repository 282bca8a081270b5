from __future__ import annotations

from collections.abc import Iterator

import pytest

from ours import Ours


@pytest.fixture(scope="session")
def ours() -> Iterator[Ours]:
    process = Ours()
    yield process
    process.end()
