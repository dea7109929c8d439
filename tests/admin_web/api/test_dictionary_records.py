"""Single records over the API: found, added, changed, deleted, exported."""

import pytest

PATH = "/api/v1/dictionaries"
NOTHING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def products(api):
    body = {
        "name": "Products",
        "columns": ["code", "title"],
        "records": [[str(number), f"Article {number}"] for number in range(30)],
    }
    return await (await api.post(PATH, json=body)).json()


@pytest.fixture
def records(products):
    return f"{PATH}/{products['uuid']}/records"


async def sent(answer, status=200):
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_records_are_searched_and_paged(api, records, products):
    page = await sent(await api.get(f"{records}?limit=10&offset=20"))
    assert (page["totalElements"], page["numberOfElements"]) == (30, 10)
    assert page["data"][0]["values"] == ["20", "Article 20"]
    assert page["data"][0]["uuid"] == products["recordUuids"][20]
    found = await sent(await api.get(f"{records}?q=article+2"))
    assert [each["values"][0] for each in found["data"]] == [
        "2",
        *(str(number) for number in range(20, 30)),
    ]


async def test_a_record_is_added_changed_and_deleted(api, records, audited):
    made = await sent(await api.post(records, json={"values": ["30", "New"]}), 201)
    one = f"{records}/{made['uuid']}"
    assert await sent(await api.get(one)) == made
    changed = {"values": ["30", "Newer"], "mark": made["mark"]}
    newer = await sent(await api.put(one, json=changed))
    assert newer["values"] == ["30", "Newer"]
    assert newer["mark"] != made["mark"]
    assert (await api.delete(one)).status == 204
    assert (await api.get(one)).status == 404
    assert (await audited())[:3] == [
        "dictionary-record-removed",
        "dictionary-record-changed",
        "dictionary-record-added",
    ]


async def test_who_saw_another_record_changes_nothing(api, records, products):
    one = f"{records}/{products['recordUuids'][0]}"
    body = {"values": ["0", "Mine"], "mark": "0" * 16}
    answer = await sent(await api.put(one, json=body), 409)
    assert answer["code"] == "changed-meanwhile"
    assert (await sent(await api.get(one)))["values"] == ["0", "Article 0"]
    del body["mark"]
    assert (await sent(await api.put(one, json=body)))["values"] == ["0", "Mine"]


async def test_the_same_values_again_change_nothing(api, records, products, audited):
    one = f"{records}/{products['recordUuids'][0]}"
    await sent(await api.put(one, json={"values": ["0", "Article 0"]}))
    assert (await audited())[0] == "dictionary-created"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"values": ["1"]}, "values"),
        ({"values": ["1", "x" * 2001]}, "values.1"),
        ({"values": "1"}, "values"),
        ({}, "values"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_wrong_record_is_refused_by_field(api, records, body, field):
    assert field in (await sent(await api.post(records, json=body), 422))["data"]


async def test_the_records_are_exported_as_csv(api, records, products):
    one = f"{records}/{products['recordUuids'][0]}"
    await api.put(one, json={"values": ["0", "=1+1"]})
    plain = await api.get(f"{records}.csv")
    assert plain.content_type == "text/csv"
    lines = (await plain.text()).splitlines()
    assert (lines[0], lines[1], len(lines)) == ("code,title", "0,=1+1", 31)
    safe = await api.get(f"{records}.csv?spreadsheet=true")
    assert (await safe.read()).startswith(b"\xef\xbb\xbfcode,title\r\n0,'=1+1\r\n")


async def test_what_is_unknown_is_404(api, records):
    body = {"values": ["1", "2"]}
    nothing = f"{PATH}/{NOTHING}/records"
    for method, path in (
        ("GET", nothing),
        ("POST", nothing),
        ("GET", f"{nothing}.csv"),
        ("GET", f"{records}/{NOTHING}"),
        ("PUT", f"{records}/{NOTHING}"),
        ("DELETE", f"{records}/{NOTHING}"),
    ):
        answer = await api.request(method, path, json=body)
        assert answer.status == 404, f"{method} {path}"
