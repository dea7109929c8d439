"""Rules over the API: executed, saved, ordered, switched."""

import base64
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from documents import (
    IN_STYLESHEET,
    ORDER_XML,
    TEMPLATE,
    TEMPLATE_XML,
    envelope_xml,
    out_stylesheet,
)

EXECUTE = "/api/v1/rules/execute"
NOBODY = "22222222-2222-4222-8222-222222222222"

WRONG_OUT = (
    ({"exampleContent": "%"}, "exampleContent"),
    ({"exampleContent": None}, "exampleContent"),
    ({"exampleName": "a/b"}, "exampleName"),
    ({"mailbox": None}, "mailbox"),
    ({"direction": None}, "direction"),
    ({"direction": "UP"}, "direction"),
    ({"templateUuid": None}, "templateUuid"),
    ({"templateUuid": NOBODY}, "templateUuid"),
    ({"templateVersion": NOBODY}, "templateVersion"),
    ({"name": " "}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"match": None}, "match"),
    ({"match": {"pattern": "("}}, "match.pattern"),
    ({"match": {"pattern": "(?=x)"}}, "match.pattern"),
    ({"match": {"kind": "ATTRIBUTE", "pattern": "x"}}, "match.pattern"),
    ({"match": {"kind": "SIZE", "pattern": "x"}}, "match.kind"),
    ({"fileNamePattern": "x"}, "fileNamePattern"),
    ({"zip": "FULL"}, "zip"),
    ({"zip": "BIG"}, "zip"),
    ({"attributes": {"A": 1}}, "attributes.A"),
    ({"attributes": {"": "x"}}, "attributes"),
    ({"attributes": {"A": "x" * 10_001}}, "attributes.A"),
    ({"attributes": {str(n): "" for n in range(101)}}, "attributes"),
    ({"validations": [{"name": "a.txt", "content": ""}]}, "validations.0.name"),
    ({"validations": [{"name": "a/b.xsd", "content": ""}]}, "validations.0.name"),
    (
        {"validations": [{"name": n, "content": ""} for n in ("a.xsd", "A.XSD")]},
        "validations.1.name",
    ),
    (
        {"validations": [{"name": f"{n}.xsd", "content": ""} for n in range(51)]},
        "validations",
    ),
    ({"stylesheets": "x"}, "stylesheets"),
)
WRONG_IN = (
    ({"match": {"pattern": "x"}}, "match"),
    ({"multipleEnvelopes": True}, "multipleEnvelopes"),
    ({"fileNamePattern": ""}, "fileNamePattern"),
    ({"fileNamePattern": "{color}"}, "fileNamePattern"),
    ({"fileNamePattern": "a:b"}, "fileNamePattern"),
    ({"fileNamePattern": '{"order":"nothing"}'}, "fileNamePattern"),
)


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def out_rule(template, seller):
    return {
        "name": "Orders",
        "direction": "OUT",
        "templateUuid": TEMPLATE,
        "match": {"kind": "NAME", "pattern": r".*\.xml"},
        "stylesheet": out_stylesheet(seller),
    }


@pytest.fixture
def in_rule(template):
    return {
        "name": "To the ERP",
        "direction": "IN",
        "templateUuid": TEMPLATE,
        "fileNamePattern": "{envelopeUuid}.xml",
        "stylesheet": IN_STYLESHEET,
    }


@pytest.fixture
def execute(api, mailbox):
    """Return what executes a rule; without an example OUT rules get ORDER_XML."""

    async def run(rule, status=200, **more):
        body = {"mailbox": mailbox, **rule}
        if rule["direction"] == "OUT":
            body |= {
                "exampleName": "a.xml",
                "exampleContent": base64_of(ORDER_XML),
            }
        answer = await api.post(EXECUTE, json=body | more)
        assert answer.status == status, await answer.text()
        return await answer.json()

    return run


@pytest.fixture
def add(api, mailbox, execute):
    """Return what executes a rule and adds it."""

    async def add_one(rule, **more):
        rule = rule | more
        token = (await execute(rule))["executeToken"]
        answer = await api.post(
            f"/api/v1/mailboxes/{mailbox}/rules", json=rule | {"executeToken": token}
        )
        assert answer.status == 201, await answer.text()
        return await answer.json()

    return add_one


async def listed(api, mailbox):
    answer = await api.get(f"/api/v1/mailboxes/{mailbox}/rules")
    return [rule["uuid"] for rule in await answer.json()]


# --- Execute ---------------------------------------------------------------------


async def test_execute_shows_what_an_out_rule_makes_of_the_file(execute, out_rule):
    done = await execute(out_rule)
    assert "<number>4711</number>" in done["sourceXml"]
    assert "Order 4711" in done["result"]
    assert done["resultEncoding"] == "text"
    assert done["fileName"] == "a.xml"
    assert done["warnings"] == []


async def test_execute_makes_an_example_for_an_in_rule(execute, in_rule):
    done = await execute(in_rule)
    assert done["result"].startswith("<?xml")
    assert "<erp>" in done["result"]
    assert f'templateUuid="{TEMPLATE}"' in done["sourceXml"]
    assert done["fileName"].endswith(".xml")


async def test_execute_takes_an_envelope_for_an_in_rule(execute, in_rule, seller):
    xml = envelope_xml(seller, "0815")
    done = await execute(in_rule, exampleContent=base64_of(xml))
    assert "<erp>0815</erp>" in done["result"]


async def test_an_example_of_another_template_is_refused(execute, in_rule, seller):
    xml = envelope_xml(seller).replace(TEMPLATE, NOBODY)
    told = await execute(in_rule, 422, exampleContent=base64_of(xml))
    assert told["code"] == "example-of-other-template"
    told = await execute(in_rule, 422, exampleContent=base64_of("<envelope"))
    assert told["line"] == 1


async def test_a_rule_that_sends_an_archive_shows_it_and_is_saved(
    add, execute, in_rule
):
    rule = in_rule | {"zip": "FULL", "fileNamePattern": "{envelopeUuid}"}
    done = await execute(rule)
    assert done["fileName"].endswith(".zip")
    [warning] = done["warnings"]
    assert "attachments are empty" in warning
    archive = ZipFile(BytesIO(base64.b64decode(done["result"])))
    assert archive.testzip() is None
    assert archive.namelist()[1:] == [
        "attachments/example.pdf",
        "printable.html",
        "printable.pdf",
        "trace.json",
    ]
    assert (await add(rule))["zip"] == "FULL"


async def test_what_an_archive_would_not_obey_is_refused(execute, in_rule):
    told = await execute(in_rule | {"zip": "DOCUMENTS", "attributes": {"A": "b"}}, 422)
    assert "nothing is converted" in told["data"]["attributes"]


async def test_an_error_of_the_stylesheet_has_its_line(execute, out_rule):
    broken = out_rule["stylesheet"].replace(
        '<xsl:value-of select="number"/>', '<xsl:value-of select="number("/>', 1
    )
    told = await execute(out_rule | {"stylesheet": broken}, 422)
    assert told["line"] == 5
    assert told["data"]["line"] == "5"
    assert told["data"]["step"] == "convert"
    assert told["data"]["remedy"]


async def test_a_result_that_does_not_fit_the_template_is_an_error(execute, out_rule):
    other = out_rule["stylesheet"].replace('name="number"', 'name="nummer"')
    told = await execute(out_rule | {"stylesheet": other}, 422)
    assert "nummer" in told["message"]
    assert told["data"]["step"] == "validate"


async def test_execute_warns_of_a_pattern_that_misses_the_example(execute, out_rule):
    rule = out_rule | {"match": {"kind": "NAME", "pattern": r".*\.edi"}}
    assert "does not match" in (await execute(rule))["warnings"][0]


async def test_execute_warns_of_an_envelope_of_another_template(api, execute, out_rule):
    other = TEMPLATE_XML.replace(TEMPLATE, NOBODY)
    await api.post("/api/v1/templates", json={"data": other})
    told = await execute(out_rule | {"templateUuid": NOBODY})
    assert "another template" in told["warnings"][0]


async def test_what_is_wrong_in_an_out_rule_is_named(execute, out_rule):
    for change, field in WRONG_OUT:
        told = await execute(out_rule, 422, **change)
        assert field in told["data"], change
        assert told["message"], change
        assert not told["message"].endswith(".."), change


async def test_what_is_wrong_in_an_in_rule_is_named(execute, in_rule):
    for change, field in WRONG_IN:
        told = await execute(in_rule, 422, **change)
        assert field in told["data"], change


async def test_an_example_has_a_limit(execute, out_rule, monkeypatch):
    monkeypatch.setattr("admin_web.api.rules.EXAMPLE_MAX", 10)
    told = await execute(out_rule, 422)
    assert "may have 10" in told["data"]["exampleContent"]


async def test_a_result_that_is_no_text_is_base64(execute, out_rule, in_rule):
    latin = in_rule["stylesheet"].replace(
        '<xsl:template match="/envelope">',
        '<xsl:output encoding="ISO-8859-1"/><xsl:template match="/envelope">é',
    )
    done = await execute(in_rule | {"stylesheet": latin})
    assert done["resultEncoding"] == "base64"
    assert "é".encode("latin-1") in base64.b64decode(done["result"])


async def test_an_unknown_mailbox_is_404(api, execute, out_rule):
    await execute(out_rule, 404, mailbox=NOBODY)
    assert (await api.get(f"/api/v1/mailboxes/{NOBODY}/rules")).status == 404


# --- Save ------------------------------------------------------------------------


async def test_a_rule_is_saved_as_it_was_executed(api, add, out_rule, template):
    made = await add(
        out_rule,
        attributes={"LANG": "en"},
        level="ACCOUNT",
    )
    assert made["templateVersion"] == template["version"]
    assert made["match"] == out_rule["match"]
    assert made["attributes"] == {"LANG": "en"}
    assert made["exampleName"] == "a.xml"
    assert (made["enabled"], made["succeeded"], made["failed"]) == (True, 0, 0)
    at = f"/api/v1/rules/{made['uuid']}"
    assert await (await api.get(at)).json() == made
    example = await api.get(f"{at}/example")
    assert await example.text() == ORDER_XML


async def test_a_rule_is_not_saved_without_execute(api, mailbox, out_rule, execute):
    at = f"/api/v1/mailboxes/{mailbox}/rules"
    token = (await execute(out_rule))["executeToken"]
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for bad in ("", "x", "x.y", "é.é", forged, token.split(".")[0] + "."):
        answer = await api.post(at, json=out_rule | {"executeToken": bad})
        assert answer.status == 422
        told = await answer.json()
        assert told["code"] == "execute-required"
        assert "executeToken" in told["data"]
    assert await listed(api, mailbox) == []


async def test_what_changed_since_execute_is_named(api, mailbox, out_rule, execute):
    token = (await execute(out_rule))["executeToken"]
    changed = out_rule | {
        "executeToken": token,
        "stylesheet": out_rule["stylesheet"] + " ",
        "attributes": {"A": "b"},
    }
    answer = await api.post(f"/api/v1/mailboxes/{mailbox}/rules", json=changed)
    told = await answer.json()
    assert told["code"] == "execute-required"
    assert set(told["data"]) == {"stylesheet", "attributes"}


async def test_a_token_is_for_its_mailbox_and_a_day(
    api, mailbox, seller, out_rule, execute, clock
):
    body = out_rule | {"executeToken": (await execute(out_rule))["executeToken"]}
    other = await api.post(f"/api/v1/mailboxes/{seller}/rules", json=body)
    assert "another mailbox" in (await other.json())["message"]
    clock.tick(timedelta(hours=24, seconds=1))
    late = await api.post(f"/api/v1/mailboxes/{mailbox}/rules", json=body)
    assert "24 hours" in (await late.json())["message"]


async def test_renaming_and_switching_need_no_execute(api, add, out_rule, audited):
    made = await add(out_rule)
    at = f"/api/v1/rules/{made['uuid']}"
    answer = await api.put(at, json={"name": "New name", "enabled": False})
    saved = await answer.json()
    assert saved == made | {"name": "New name", "enabled": False}
    whole = await api.put(at, json=saved | {"name": "Third"})
    assert (await whole.json())["name"] == "Third"
    assert (await audited())[:3] == ["rule-save", "rule-save", "rule-add"]


async def test_new_content_needs_execute(api, add, out_rule, execute):
    made = await add(out_rule)
    at = f"/api/v1/rules/{made['uuid']}"
    change = {"match": {"kind": "CONTENT", "pattern": "order"}}
    refused = await api.put(at, json=change)
    assert (await refused.json())["code"] == "execute-required"
    assert await (await api.get(at)).json() == made
    tried = await execute(
        out_rule | change, exampleName="b.xml", exampleContent=base64_of(ORDER_XML)
    )
    saved = await api.put(at, json=change | {"executeToken": tried["executeToken"]})
    body = await saved.json()
    assert (body["match"], body["exampleName"]) == (change["match"], "b.xml")


async def test_a_rule_is_tried_on_the_example_kept_with_it(add, out_rule, execute):
    made = await add(out_rule)
    done = await execute(
        out_rule, uuid=made["uuid"], exampleContent=None, exampleName=None
    )
    assert "Order 4711" in done["result"]


async def test_an_in_rule_without_a_version_is_for_all(api, add, in_rule):
    made = await add(in_rule)
    assert (made["templateVersion"], made["match"]) == (None, None)
    example = await api.get(f"/api/v1/rules/{made['uuid']}/example")
    assert example.status == 404


async def test_a_rule_cannot_be_saved_under_another_uuid(api, add, out_rule):
    made = await add(out_rule)
    answer = await api.put(f"/api/v1/rules/{made['uuid']}", json={"uuid": NOBODY})
    assert "uuid" in (await answer.json())["data"]


# --- Order, clone, switch, remove ------------------------------------------------


async def test_a_clone_is_off_and_last(api, mailbox, add, out_rule, in_rule):
    made = await add(out_rule)
    last = await add(in_rule)
    answer = await api.post(f"/api/v1/rules/{made['uuid']}/clone")
    copy = await answer.json()
    assert answer.status == 201
    assert copy == made | {
        "uuid": copy["uuid"],
        "name": "Copy of Orders",
        "enabled": False,
    }
    assert await listed(api, mailbox) == [made["uuid"], last["uuid"], copy["uuid"]]
    days = await api.get(f"/api/v1/rules/{copy['uuid']}/statistics?days=2")
    assert await days.json() == [
        {"day": "2026-01-01", "succeeded": 0, "failed": 0},
        {"day": "2025-12-31", "succeeded": 0, "failed": 0},
    ]


async def test_rules_are_put_into_order(api, mailbox, add, out_rule, audited):
    a, b = [(await add(out_rule, name=name))["uuid"] for name in "ab"]
    account = (await add(out_rule, level="ACCOUNT"))["uuid"]
    at = f"/api/v1/mailboxes/{mailbox}/rules/order"
    answer = await api.put(at, json=[b, a])
    assert [rule["uuid"] for rule in await answer.json()] == [b, a, account]
    await api.put(at, json=[a, b, account])
    assert await listed(api, mailbox) == [a, b, account]
    assert (await audited())[0] == "rule-order"


async def test_a_wrong_order_is_refused(api, mailbox, add, out_rule):
    a, b = [(await add(out_rule, name=name))["uuid"] for name in "ab"]
    account = (await add(out_rule, level="ACCOUNT"))["uuid"]
    at = f"/api/v1/mailboxes/{mailbox}/rules/order"
    for order, status, told in (
        ([a], 409, "changed meanwhile"),
        ([a, account], 409, "changed meanwhile"),
        ([a, b, NOBODY], 422, NOBODY),
        ([a, b, a], 422, "twice"),
        ([account, a, b], 422, "after the mailbox's"),
        ({"order": [a, b]}, 422, "list of rule uuids"),
        ([1], 422, "order.0"),
    ):
        answer = await api.put(at, json=order)
        assert answer.status == status, order
        assert told in (await answer.json())["message"]
    assert await listed(api, mailbox) == [a, b, account]


async def test_switching_is_booked_when_it_changes_something(
    api, add, out_rule, audited
):
    at = f"/api/v1/rules/{(await add(out_rule))['uuid']}"
    assert (await (await api.post(f"{at}/disable")).json())["enabled"] is False
    assert (await (await api.post(f"{at}/disable")).json())["enabled"] is False
    assert (await (await api.get(at)).json())["enabled"] is False
    assert (await (await api.post(f"{at}/enable")).json())["enabled"] is True
    assert (await audited())[:3] == ["rule-enable", "rule-disable", "rule-add"]


async def test_a_removed_rule_is_gone(api, mailbox, add, out_rule, audited):
    at = f"/api/v1/rules/{(await add(out_rule))['uuid']}"
    assert (await api.delete(at)).status == 204
    assert (await api.get(at)).status == 404
    assert (await api.delete(at)).status == 404
    assert await listed(api, mailbox) == []
    assert (await audited())[0] == "rule-remove"
