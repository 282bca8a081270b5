"""The table of attacks that the Rust tests run, through the Python package."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import PACKAGE

from gatewright import InvalidToken, Verifier

FILE = PACKAGE.parent / "jose" / "tests" / "hostile.json"

TABLE: dict[str, Any] = json.loads(FILE.read_text())


@pytest.mark.parametrize("row", TABLE["tokens"], ids=lambda row: row["name"])
@pytest.mark.parametrize("cache_size", [0, 16])
def test_each_attack_is_refused_for_the_right_reason(row: dict[str, Any], cache_size: int) -> None:
    keys = {"secret": TABLE["secret"]} if row["keys"] == "secret" else {"jwks": TABLE["jwks"]}
    verifier = Verifier(
        **keys, issuer=TABLE["issuer"], audience=TABLE["audience"], cache_size=cache_size
    )
    for _ in range(2):  # the second time it may have been remembered
        code = None
        try:
            verifier.verify(row["token"])
        except InvalidToken as error:
            code = error.code
            assert row["token"] not in str(error) + repr(error) or not row["token"]
        assert code == row["expected"]


def test_the_table_has_attacks_and_controls() -> None:
    expected = [row["expected"] for row in TABLE["tokens"]]
    assert TABLE["version"] == 1
    assert expected.count(None) >= 4
    assert len(set(expected)) >= 20
