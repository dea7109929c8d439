"""Single records of dictionaries, page by page, and all of them as CSV."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.api.dictionaries import ONE, TAGS
from admin_web.api.download import download
from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.dictionaries import PageQuery
from gateway.core.dictionary import Record

RECORDS = f"{ONE}/records"
RECORD = f"{RECORDS}/{{record}}"


class RecordQuery(Paged):
    """Which page; `q` is looked for in the first 500 characters of every value."""

    q: str = ""


class CsvQuery(Query):
    """With `spreadsheet` no value is taken for a formula, and Excel sees UTF-8."""

    spreadsheet: bool = False


class RecordBody(Body):
    """A record: a text for each column, in their order.

    `mark` is that of the record as it was read: if it is another by now, nothing is
    written (409 `changed-meanwhile`). Without it the record is written anyway.
    """

    values: list[str]
    mark: str | None = None


class RecordAnswer(Answer):
    """A record; `mark` changes whenever its values do."""

    uuid: str
    values: list[str]
    mark: str


async def list_records(call: Call) -> Listing[RecordAnswer]:
    query = call.query(RecordQuery)
    found = await call.desk.records.search(
        call.path("uuid"), PageQuery(query.q, query.limit, query.offset)
    )
    return listing(found.total, query, [_answer(record) for record in found.records])


async def get_record(call: Call) -> RecordAnswer:
    return _answer(await call.desk.records.get(call.path("uuid"), call.path("record")))


async def add_record(call: Call) -> RecordAnswer:
    values = call.body(RecordBody).values
    return _answer(await call.desk.records.add(call.actor, call.path("uuid"), values))


async def change_record(call: Call) -> RecordAnswer:
    body = call.body(RecordBody)
    return _answer(
        await call.desk.records.change(
            call.actor, call.path("uuid"), call.path("record"), body.values, body.mark
        )
    )


async def delete_record(call: Call) -> None:
    uuid, record = call.path("uuid"), call.path("record")
    await call.desk.records.get(uuid, record)
    await call.desk.records.remove(call.actor, uuid, [record])


async def export_records(call: Call) -> web.StreamResponse:
    content = await call.desk.dictionary_files.export(
        call.path("uuid"), spreadsheet=call.query(CsvQuery).spreadsheet
    )
    return await download(call, content)


def _answer(record: Record) -> RecordAnswer:
    return RecordAnswer(uuid=record.uuid, values=list(record.values), mark=record.mark)


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=RECORDS,
        handler=list_records,
        summary="Search the records of a dictionary, page by page",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=RecordQuery,
        answer=Listing[RecordAnswer],
    ),
    Operation(
        method="POST",
        path=RECORDS,
        handler=add_record,
        summary="Add a record at the end",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=RecordBody,
        answer=RecordAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=RECORD,
        handler=get_record,
        summary="Show one record",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=RecordAnswer,
    ),
    Operation(
        method="PUT",
        path=RECORD,
        handler=change_record,
        summary="Change one record",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=RecordBody,
        answer=RecordAnswer,
    ),
    Operation(
        method="DELETE",
        path=RECORD,
        handler=delete_record,
        summary="Delete one record",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        status=204,
    ),
    Operation(
        method="GET",
        path=f"{ONE}/records.csv",
        handler=export_records,
        summary="Download the records as CSV",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=CsvQuery,
        produces="text/csv",
    ),
)
