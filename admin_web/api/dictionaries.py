"""Dictionaries and their records."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import FailFast, Field, TypeAdapter
from pydantic_core import to_json
from typing_extensions import TypeAliasType

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation, read_body
from admin_web.api.parse import json_body
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.dictionaries import (
    ColumnDraft,
    DictionaryDraft,
    WholeDictionary,
)
from gateway.core.dictionary import Dictionary

PATH = "/api/v1/dictionaries"
ONE = f"{PATH}/{{uuid}}"
TAGS = ("dictionaries",)
PART = 1000  # records that are written at once
# thousands of wrong values are named by the first
Row = TypeAliasType("Row", Annotated[list[str | int], FailFast()])
Rows = TypeAliasType("Rows", Annotated[list[Row], FailFast()])


class ColumnAnswer(Answer):
    """A column; stylesheets name it by its uuid."""

    uuid: str
    name: str


_COLUMNS = TypeAdapter(list[ColumnAnswer])


class DictionaryInfo(Answer):
    """A dictionary without its records."""

    uuid: str
    name: str
    columns: list[ColumnAnswer]
    record_count: int


class DictionaryAnswer(DictionaryInfo):
    """A whole dictionary; `recordUuids` go with `records`, one for one."""

    records: list[list[str]]
    record_uuids: list[str]


class ColumnBody(Body):
    """A column; without uuid it keeps that of the column so named, or gets one."""

    name: str
    uuid: str | None = None


class DictionaryBody(Body):
    """A dictionary; a column may be its name alone, numbers are taken as text."""

    name: str
    columns: list[ColumnBody | str]
    records: Rows = Field(default_factory=list)
    uuid: str | None = None


class DictionaryChange(Body):
    """What is to be changed; null and what is left out stay.

    What the gateway makes may be sent back and is not looked at.
    """

    name: str | None = None
    columns: list[ColumnBody | str] | None = None
    records: Rows | None = None
    uuid: str | None = None
    record_uuids: list[str] | None = None
    record_count: int | None = None


class RecordsBody(Body):
    """All records, in order."""

    records: Rows


async def list_dictionaries(call: Call) -> Sequence[DictionaryInfo]:
    return [_info(found) for found in await call.desk.dictionaries.all()]


async def create_dictionary(call: Call) -> web.Response:
    body = call.body(DictionaryBody)
    records = await asyncio.to_thread(_texts, body.records)
    draft = DictionaryDraft(
        name=body.name,
        columns=_columns(body.columns),
        records=records,
        uuid=body.uuid,
    )
    made = await call.desk.dictionaries.create(call.actor, draft)
    return await _answer(made, 201)


async def get_dictionary(call: Call) -> web.Response:
    return await _answer(await call.desk.dictionaries.get(call.path("uuid")))


async def change_dictionary(call: Call) -> web.Response:
    body = call.body(DictionaryChange)
    records = body.records
    draft = DictionaryDraft(
        name=body.name,
        columns=None if body.columns is None else _columns(body.columns),
        records=None if records is None else await asyncio.to_thread(_texts, records),
    )
    changed = await call.desk.dictionaries.change(call.actor, call.path("uuid"), draft)
    return await _answer(changed)


async def put_records(call: Call) -> web.Response:
    desk, uuid = call.desk.dictionaries, call.path("uuid")
    raw = await read_body(call.request)
    if call.request.content_type == "text/csv":
        return await _answer(await desk.load_csv(call.actor, uuid, raw))
    if raw.lstrip()[:1] == b"[":  # the records alone
        raw = b'{"records":' + raw + b"}"
    records = json_body(raw, RecordsBody).records
    draft = DictionaryDraft(records=await asyncio.to_thread(_texts, records))
    return await _answer(await desk.change(call.actor, uuid, draft))


async def delete_dictionary(call: Call) -> None:
    await call.desk.dictionaries.remove(call.actor, call.path("uuid"))


def _columns(columns: Sequence[ColumnBody | str]) -> Sequence[ColumnDraft]:
    return [
        ColumnDraft(column)
        if isinstance(column, str)
        else ColumnDraft(column.name, column.uuid)
        for column in columns
    ]


def _texts(records: Sequence[Sequence[str | int]]) -> Sequence[Sequence[str]]:
    return [[str(cell) for cell in row] for row in records]


def _info(dictionary: Dictionary) -> DictionaryInfo:
    return DictionaryInfo(
        uuid=dictionary.id,
        name=dictionary.name,
        columns=_COLUMNS.validate_python(dictionary.columns),
        record_count=dictionary.record_count,
    )


async def _answer(whole: WholeDictionary, status: int = 200) -> web.Response:
    body = await asyncio.to_thread(_json, whole)
    return web.Response(body=body, status=status, content_type="application/json")


def _json(whole: WholeDictionary) -> bytes:
    """Return a DictionaryAnswer, made in parts: a big one at once would hold the loop.

    The thread alone does not help, because each part holds the interpreter.
    """
    head = _info(whole.dictionary).model_dump_json(by_alias=True).encode()
    rows = _parts([record.values for record in whole.records])
    uuids = _parts([record.uuid for record in whole.records])
    tail = b',"records":[' + rows + b'],"recordUuids":[' + uuids + b"]}"
    return head.removesuffix(b"}") + tail


def _parts(values: Sequence[object]) -> bytes:
    """Return the values as JSON, without the brackets around them."""
    parts = range(0, len(values), PART)
    return b",".join(to_json(values[at : at + PART])[1:-1] for at in parts)


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_dictionaries,
        summary="List dictionaries, without their records",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[DictionaryInfo],
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_dictionary,
        summary="Make a dictionary",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=DictionaryBody,
        max_bytes=16 << 20,
        answer=DictionaryAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=ONE,
        handler=get_dictionary,
        summary="Show a dictionary with its records",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=DictionaryAnswer,
    ),
    Operation(
        method="PUT",
        path=ONE,
        handler=change_dictionary,
        summary="Change name, columns or records",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=DictionaryChange,
        max_bytes=16 << 20,
        answer=DictionaryAnswer,
    ),
    Operation(
        method="DELETE",
        path=ONE,
        handler=delete_dictionary,
        summary="Delete a dictionary",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        status=204,
    ),
    Operation(
        method="PUT",
        path=f"{ONE}/records",
        handler=put_records,
        summary="Replace all records: CSV with a header row, or JSON [[...]]",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        accepts=("application/json", "text/csv"),
        answer=DictionaryAnswer,
    ),
)
