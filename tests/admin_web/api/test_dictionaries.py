import pytest

from gateway.engine.desk import dictionary_rows
from gateway.store import dictionary_lookups, dictionary_records

PATH = "/api/v1/dictionaries"
NOTHING = "00000000-0000-4000-8000-000000000000"
PRODUCTS = {
    "name": "Products",
    "columns": [{"name": "code"}, "title"],
    "records": [["1", "One"], [2, "Two"], ["1", "Another one"]],
}


@pytest.fixture
async def products(api):
    answer = await api.post(PATH, json=PRODUCTS)
    assert answer.status == 201
    return await answer.json()


async def put(api, products, end="", **options):
    answer = await api.put(f"{PATH}/{products['uuid']}{end}", **options)
    return answer.status, await answer.json()


async def csv(api, products, text):
    data = text if isinstance(text, bytes) else text.encode()
    return await put(
        api,
        products,
        "/records",
        data=data,
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )


async def test_a_dictionary_is_made_shown_listed_and_deleted(api, products):
    assert products["records"] == [["1", "One"], ["2", "Two"], ["1", "Another one"]]
    assert len(set(products["recordUuids"])) == 3
    one = f"{PATH}/{products['uuid']}"
    assert await (await api.get(one)).json() == products
    listed = await (await api.get(PATH)).json()
    assert [(d["uuid"], d["recordCount"]) for d in listed] == [(products["uuid"], 3)]
    assert (await api.delete(one)).status == 204
    assert (await api.get(one)).status == 404


async def test_uuids_of_one_s_own_are_kept_and_unique(api):
    column = {"name": "code", "uuid": NOTHING}
    body = {"name": "X", "columns": [column], "uuid": NOTHING}
    made = await (await api.post(PATH, json=body)).json()
    assert (made["uuid"], made["columns"]) == (NOTHING, [column])
    assert (await api.post(PATH, json=body)).status == 409
    del body["uuid"]
    assert (await api.post(PATH, json=body)).status == 409


async def test_stylesheets_look_up_the_first_record_in_order(products, world):
    code, title = (column["uuid"] for column in products["columns"])
    uuid = products["uuid"]
    async with world.db.read() as conn:
        assert await dictionary_lookups.value(conn, uuid, code, "1", title) == "One"
        assert await dictionary_lookups.value(conn, uuid, title, "Two", code) == "2"
        assert await dictionary_lookups.value(conn, uuid, code, "9", title) is None
        assert await dictionary_lookups.value(conn, uuid, code, "1", NOTHING) is None
        assert await dictionary_lookups.value(conn, NOTHING, code, "1", title) is None
        found = await dictionary_lookups.record_uuid(conn, uuid, code, "1")
    assert found == products["recordUuids"][0]


async def test_records_keep_their_uuids_while_they_are_the_same(api, products):
    first, two, another = products["recordUuids"]
    status, changed = await put(
        api,
        products,
        "/records",
        json=[["3", "Three"], ["1", "Another one"], ["2", "Two, changed"], [1, "One"]],
    )
    assert status == 200
    assert changed["recordUuids"][1:] == [another, two, first]
    assert changed["recordUuids"][0] not in products["recordUuids"]


async def test_csv_may_order_its_columns_as_it_likes(api, products):
    status, changed = await csv(
        api, products, '\ufefftitle;code\r\n"One; two";1\r\n\r\n"a ""b""";2\r\n'
    )
    assert status == 200
    assert changed["records"] == [["1", "One; two"], ["2", 'a "b"']]
    assert changed["recordCount"] == 2


async def test_csv_may_name_columns_by_uuid(api, products):
    code = products["columns"][0]["uuid"]
    _status, changed = await csv(api, products, f"{code}\ttitle\n7\tSeven\n")
    assert changed["records"] == [["7", "Seven"]]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "it names nothing"),
        ("code\n1\n", 1, "must name the columns code, title"),
        ("code,title,more\n", 1, "must name the columns"),
        ("code,code\n", 1, "must name the columns"),
        ("code,title\n1,One\n2\n", 3, "has 1 values"),
        ('code,title\n1,"One"x\n', 2, "expected after"),
        (b"code,title\n1,\xff\n", 2, "not UTF-8"),
    ],
    ids=str,
)
async def test_faulty_csv_names_the_line_and_changes_nothing(
    api, products, text, line, told
):
    status, answer = await csv(api, products, text)
    assert status == 422
    assert answer["line"] == line
    assert told in answer["message"]
    kept = await (await api.get(f"{PATH}/{products['uuid']}")).json()
    assert kept == products


async def test_columns_come_and_go_and_keep_their_values(api, products):
    code, title = products["columns"]
    status, changed = await put(
        api,
        products,
        json={
            "name": "Goods",
            "columns": [{"name": "label", "uuid": title["uuid"]}, "unit", "code"],
        },
    )
    assert status == 200
    assert changed["name"] == "Goods"
    assert changed["records"][0] == ["One", "", "1"]
    assert changed["columns"][2] == code
    assert changed["recordUuids"] == products["recordUuids"]
    _status, less = await put(api, products, json={"columns": ["code"]})
    assert less["records"] == [["1"], ["2"], ["1"]]


async def test_what_is_shown_may_be_sent_back_whole(api, products):
    assert await put(api, products, json=products) == (200, products)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"columns": []}, "columns"),
        ({"columns": [str(n) for n in range(101)]}, "columns"),
        ({"columns": ["a", "a "]}, "columns.1"),
        ({"columns": ["a\n"], "records": []}, None),
        ({"columns": [""]}, "columns.0.name"),
        ({"columns": [{"name": "a", "uuid": "x"}]}, "uuid"),
        ({"records": [["1"]]}, "records"),
        ({"records": [["1", "x" * 2001]]}, "records"),
        ({"records": [["1", 1.5]]}, "records.0.1.str"),
        ({"uuid": "x"}, "uuid"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_dictionary_is_refused_by_field(api, change, field):
    answer = await api.post(PATH, json={**PRODUCTS, **change})
    if field is None:
        assert answer.status == 201
        return
    assert answer.status == 422
    assert field in (await answer.json())["data"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"[[", 400), (b"{}", 422), (b'[["a"]]', 422)]
)
async def test_faulty_json_records_are_refused(api, products, body, status):
    assert (await put(api, products, "/records", data=body))[0] == status


@pytest.mark.parametrize(
    ("method", "end"),
    [("GET", ""), ("PUT", ""), ("DELETE", ""), ("PUT", "/records")],
)
async def test_an_unknown_dictionary_is_404(api, method, end):
    answer = await api.request(method, f"{PATH}/{NOTHING}{end}", json={"records": []})
    assert answer.status == 404


async def test_csv_for_an_unknown_dictionary_is_404(api):
    assert (await csv(api, {"uuid": NOTHING}, "a\n"))[0] == 404


async def test_long_values_are_told_apart_beyond_what_the_index_holds(
    api, products, world
):
    code, title = (column["uuid"] for column in products["columns"])
    long = "x" * dictionary_records.INDEXED
    rows = [[long + "1", "first"], [long + "2", "second"]]
    await put(api, products, "/records", json=rows)
    async with world.db.read() as conn:
        uuid = products["uuid"]
        found = await dictionary_lookups.value(conn, uuid, code, long + "2", title)
        missing = await dictionary_lookups.value(conn, uuid, code, long + "3", title)
    assert (found, missing) == ("second", None)


async def test_a_thousand_wrong_cells_get_a_short_answer(api, products):
    status, answer = await put(api, products, "/records", json=[[None] * 1000] * 100)
    assert status == 422
    assert len(answer["data"]) <= 2


async def test_more_than_two_hundred_thousand_values_are_refused(
    api, products, monkeypatch
):
    monkeypatch.setattr(dictionary_rows, "MOST_CELLS", 5)
    status, answer = await put(api, products, "/records", json=[["a", "b"]] * 3)
    assert (status, "more than 5 values" in answer["message"]) == (422, True)
