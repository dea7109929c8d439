"""Message directories over the API: upload, used at once, list, table, delete."""

import io
import json
import zipfile

from gateway.core.desk.rules import Example

PATH = "/api/v1/directories"
NODES = [["UNH", 1], ["BGM", 1], [7, 9, [["RFF", 1], ["DTM", 1]]], ["UNT", 1]]
OWN = {"directory": "D97A", "segments": {"RFF": "c"}, "messages": {"ORDERS": NODES}}
EDI = (
    b"UNB+UNOC:3+A+B+261012:1530+R'UNH+1+ORDERS:D:97A:UN'BGM+220'RFF+ON:1'"
    b"UNT+4+1'UNZ+1+R'"
)


async def test_an_uploaded_directory_is_used_at_once_until_it_is_deleted(
    api, desk, audited
):
    async def seen():
        return (await desk.rules.look(Example("order.edi", EDI))).source_xml

    assert b"<BGM01>220</BGM01></BGM><RFF>" in await seen()
    made = await api.post(f"{PATH}?name=own.json", data=json.dumps(OWN).encode())
    assert made.status == 201, await made.text()
    said = await made.json()
    assert (said["name"], said["syntax"], said["warnings"]) == ("D97A", "EDIFACT", [])
    assert b"<GROUP_7><RFF><RFF01><RFF0101>ON" in await seen()

    told = await (await api.get(f"{PATH}?q=d97")).json()
    assert told["totalElements"] == 1
    (row,) = told["data"]
    assert row["messages"] == ["ORDERS"]
    assert not row["builtIn"]
    assert row["uploaded"]["fileName"] == "own.json"
    table = await api.get(f"{PATH}/D97A")
    assert (await table.json())["messages"] == {"ORDERS": NODES}
    assert 'filename="D97A.json"' in table.headers["Content-Disposition"]

    again = {**OWN, "messages": {"INVOIC": NODES}}
    headers = {"Content-Disposition": 'attachment; filename="new.json"'}
    await api.post(PATH, data=json.dumps(again).encode(), headers=headers)
    (row,) = (await (await api.get(f"{PATH}?q=D97A")).json())["data"]
    assert (row["messages"], row["uploaded"]["fileName"]) == (["INVOIC"], "new.json")

    await refuses_what_is_no_directory(api)
    assert (await api.delete(f"{PATH}/d97a")).status == 204
    assert b"<BGM01>220</BGM01></BGM><RFF>" in await seen()
    assert (await api.delete(f"{PATH}/D97A")).status == 404
    assert (await audited())[:3] == ["directory-delete", *["directory-upload"] * 2]


async def refuses_what_is_no_directory(api):
    refused = await api.post(f"{PATH}?name=a.zip", data=a_zip(b"no directory"))
    assert refused.status == 422
    why = await refused.json()
    assert why["code"] == "directory-table"
    assert "a.zip: it holds no segment table of a message" in why["message"]
    assert why["data"]["remedy"]


async def test_what_is_built_in_is_listed_and_stays(api):
    told = await (await api.get(f"{PATH}?limit=3")).json()
    assert told["totalElements"] == 9
    assert [each["name"] for each in told["data"]] == ["D00A", "D01B", "D03B"]
    found = await (await api.get(f"{PATH}?q=856")).json()
    (row,) = found["data"]
    assert (row["name"], row["syntax"], row["builtIn"]) == ("X12", "X12", True)
    assert row["uploaded"] is None
    table = await (await api.get(f"{PATH}/x12")).json()
    assert table["messages"]["997"][1] == ["AK1", 1]
    refused = await api.delete(f"{PATH}/X12")
    assert (refused.status, (await refused.json())["code"]) == (
        409,
        "directory-builtin",
    )
    assert (await api.get(f"{PATH}/D55Z")).status == 404


async def test_an_upload_has_its_bounds(api, desk):
    assert (await api.post(f"{PATH}?name=..", data=b"{}")).status == 422
    object.__setattr__(desk.directories, "max_bytes", 10)
    refused = await api.post(f"{PATH}?name=a.json", data=b"x" * 11)
    assert (await refused.json())["code"] == "directory-too-large"


def a_zip(body: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", body)
    return made.getvalue()
