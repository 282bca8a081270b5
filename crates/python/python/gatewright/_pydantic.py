"""Lets handlers return a token, alone or within something, as they returned PyJWT's dictionary."""

from __future__ import annotations

from typing import Any

from pydantic_core import SchemaSerializer, core_schema

from ._native import VerifiedToken


def _is_token(value: Any) -> VerifiedToken:
    # Never made from what somebody sent: only a verifier makes one.
    if not isinstance(value, VerifiedToken):
        raise ValueError("not a verified token")
    return value


_CLAIMS = core_schema.plain_serializer_function_ser_schema(
    dict, return_schema=core_schema.dict_schema()
)
_SCHEMA = core_schema.with_info_plain_validator_function(
    lambda value, _info: _is_token(value), serialization=_CLAIMS
)


def _json_schema(_core: Any, _handler: Any) -> dict[str, Any]:
    return {"type": "object", "title": "Claims", "additionalProperties": True}


def teach() -> None:
    """Tells pydantic, which asks the class."""
    schema = {**_SCHEMA, "metadata": {"pydantic_js_functions": [_json_schema]}}
    # Where a field is declared as a token, and where its type is not known beforehand.
    setattr(VerifiedToken, "__get_pydantic_core_schema__", classmethod(lambda *_: schema))
    setattr(VerifiedToken, "__pydantic_serializer__", SchemaSerializer(_SCHEMA))
