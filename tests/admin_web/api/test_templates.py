"""Templates over the API: import, versions, help for rules, the schemas."""

import pytest
from documents import TEMPLATE, TEMPLATE_XML

from gateway.core.template import FILE_TEMPLATE, FILE_TEMPLATE_VERSION

ONE = f"/api/v1/templates/{TEMPLATE}"


async def test_the_same_uuid_again_is_a_new_version(api, template, audited):
    assert template["uuid"] == TEMPLATE
    changed = TEMPLATE_XML.replace('name="Order">\n', 'name="Order 2">\n', 1)
    second = await (await api.post("/api/v1/templates", json={"data": changed})).json()
    assert second["uuid"] == TEMPLATE
    assert second["version"] != template["version"]
    opened = await (await api.get(ONE)).json()
    assert (opened["name"], opened["number"]) == ("Order 2", 2)
    assert opened["data"] == changed
    assert [one["version"] for one in opened["versions"]] == [
        second["version"],
        template["version"],
    ]
    first = await api.get(f"{ONE}/versions/{template['version']}")
    assert (await first.json())["data"] == TEMPLATE_XML
    assert (await audited())[:2] == ["template-import", "template-import"]


async def test_the_example_file_names_another_mailbox(api, template, mailbox, seller):
    answer = await api.get(f"{ONE}/example-file?mailbox={mailbox}")
    assert answer.status == 200
    assert f'mailbox="{seller}"' in await answer.text()
    unknown = await api.get(f"{ONE}/example-file?mailbox={TEMPLATE}")
    assert unknown.status == 404


async def test_the_same_xml_again_is_the_same_version(api, template, audited):
    answer = await api.post(
        "/api/v1/templates",
        json={"data": '<?xml version="1.0" encoding="utf-16"?>' + TEMPLATE_XML},
    )
    assert await answer.json() == template
    assert (await audited()).count("template-import") == 1


async def test_a_template_without_a_uuid_gets_one(api):
    data = TEMPLATE_XML.replace(f'uuid="{TEMPLATE}"', "")
    made = await (await api.post("/api/v1/templates", json={"data": data})).json()
    listed = await (await api.get("/api/v1/templates")).json()
    assert [(one["uuid"], one["name"]) for one in listed] == [(made["uuid"], "Order")]
    assert "data" not in listed[0]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("", "empty"),
        ("<template", "Line 1"),
        (TEMPLATE_XML.replace('type="date"', 'type="dat"'), "Line 4"),
        (TEMPLATE_XML.replace("template", "envelope"), "template"),
    ],
)
async def test_what_is_no_template_is_refused_with_its_line(api, data, told):
    answer = await api.post("/api/v1/templates", json={"data": data})
    assert answer.status == 422
    body = await answer.json()
    assert told in body["message"]
    assert (await (await api.get("/api/v1/templates")).json()) == []


async def test_the_builtin_template_is_there_once_and_cannot_be_changed(api, desk):
    await desk.templates.ensure_builtin()
    await desk.templates.ensure_builtin()
    opened = await (await api.get(f"/api/v1/templates/{FILE_TEMPLATE}")).json()
    assert (opened["name"], opened["version"]) == ("File", FILE_TEMPLATE_VERSION)
    assert len(opened["versions"]) == 1
    data = opened["data"].replace('name="File"', 'name="Mine"')
    answer = await api.post("/api/v1/templates", json={"data": data})
    assert (answer.status, (await answer.json())["code"]) == (409, "template-builtin")


async def test_the_example_is_an_envelope_of_the_version(api, template):
    answer = await api.get(f"{ONE}/example?version={template['version']}")
    assert answer.content_type == "application/xml"
    text = await answer.text()
    assert f'templateUuid="{TEMPLATE}"' in text
    assert template["version"] in text


@pytest.mark.parametrize("direction", ["IN", "OUT"])
async def test_a_skeleton_is_a_stylesheet_that_names_the_fields(
    api, template, direction
):
    answer = await api.get(f"{ONE}/skeleton?direction={direction}")
    text = await answer.text()
    assert "stylesheet" in text
    assert "number" in text


async def test_what_is_unknown_is_404(api, template):
    nothing = "22222222-2222-4222-8222-222222222222"
    for path in (
        f"/api/v1/templates/{nothing}",
        f"/api/v1/templates/{nothing}/example",
        f"{ONE}/versions/{nothing}",
        f"{ONE}/example?version={nothing}",
        "/xsd/other.xsd",
    ):
        assert (await api.get(path)).status == 404, path


async def test_the_schemas_are_for_everybody(anybody):
    for name in ("envelope", "template"):
        answer = await anybody.get(f"/xsd/{name}.xsd")
        assert answer.status == 200
        assert answer.content_type == "application/xml"
        assert "http://www.w3.org/2001/XMLSchema" in await answer.text()
