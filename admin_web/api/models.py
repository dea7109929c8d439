"""The bases of every body, query and answer of the API: camelCase, nothing unknown.

A model is built when it is first used: all hundred cost each start a fifth of a second.
"""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Body(BaseModel):
    """What a caller sends as JSON; types are taken literally ("1" is no number)."""

    model_config = ConfigDict(
        defer_build=True,
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
    )


class Query(BaseModel):
    """What a caller sends in the query string; unknown parameters are refused."""

    model_config = ConfigDict(
        defer_build=True, alias_generator=to_camel, extra="forbid", frozen=True
    )


class Answer(BaseModel):
    """What the gateway answers; made in code, by field name."""

    model_config = ConfigDict(
        defer_build=True,
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        from_attributes=True,
        ser_json_timedelta="iso8601",
    )


class ErrorAnswer(Answer):
    """Every error: a stable kebab-case code, a sentence, what is wrong by field.

    `line` is there when the fault lies in a line of a stylesheet or file.
    """

    code: str
    message: str
    data: dict[str, str] = {}
    line: int | None = None
