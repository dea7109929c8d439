"""Envelopes over the API: send, list, open, decide."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from documents import TEMPLATE, envelope_xml

SEND = "/api/v1/envelope/send"
NOBODY = "22222222-2222-4222-8222-222222222222"
WRONG_FILTERS = (
    ("limit=501", "limit"),
    ("limit=0", "limit"),
    ("offset=-1", "offset"),
    ("scope=trash", "scope"),
    ("status=LOST", "status"),
    ("sort=random", "sort"),
    ("from=yesterday", "from"),
    ("from=2026-01-01T01:00:00", "from"),
)


async def listed(api, mailbox: str, query: str = "") -> dict:
    answer = await api.get(f"/api/v1/mailbox/{mailbox}{query}")
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_an_envelope_lies_in_both_mailboxes(api, mailbox, seller, send):
    uuid = await send()
    sent = await listed(api, mailbox, "?scope=outbox")
    got = await listed(api, seller, "?scope=inbox")
    assert (sent["totalElements"], sent["sizeRequested"]) == (1, 50)
    assert sent["numberOfElements"] == 1
    assert [row["status"] for row in sent["data"] + got["data"]] == ["SENT", "WAITING"]
    row = got["data"][0]
    assert row["envelopeUuid"] == uuid
    assert row["subject"] == "Order 4711"
    assert (row["templateUuid"], row["templateName"]) == (TEMPLATE, "Order")
    assert (row["senderMailboxUuid"], row["senderName"]) == (mailbox, "Shop")
    assert (await listed(api, seller, "?scope=outbox"))["totalElements"] == 0


async def test_the_list_is_filtered_sorted_and_paged(api, mailbox, seller, send, clock):
    made = []
    for number in ("1", "2", "3_%"):
        made.append(await send(number))
        clock.tick(timedelta(hours=1))

    async def found(query: str) -> list[int]:
        page = await listed(api, seller, f"?{query}")
        return [made.index(row["envelopeUuid"]) for row in page["data"]]

    assert await found("") == [2, 1, 0]
    assert await found("sort=createdAt,asc") == [0, 1, 2]
    assert await found("sort=subject,desc&limit=1&offset=1") == [1]
    assert await found("q=order 2") == [1]
    assert await found("q=%25") == [2]
    assert await found(f"q={made[0]}") == [0]
    assert await found("from=2026-01-01T01:00:00Z&to=2026-01-01T02:00:00Z") == [1]
    assert await found(f"template={TEMPLATE}&sender={mailbox}") == [2, 1, 0]
    assert await found(f"sender={seller}") == []
    assert await found(f"template={NOBODY}") == []
    assert await found("status=COMPLETED") == []


async def test_a_filter_that_is_none_is_named(api, mailbox):
    for query, field in WRONG_FILTERS:
        answer = await api.get(f"/api/v1/mailbox/{mailbox}?{query}")
        assert answer.status == 422, query
        assert field in (await answer.json())["data"], query


async def test_an_unknown_mailbox_has_no_list_and_sends_nothing(api, template, seller):
    assert (await api.get(f"/api/v1/mailbox/{NOBODY}")).status == 404
    body = {"data": envelope_xml(seller)}
    answer = await api.post(SEND, headers={"mailbox": NOBODY}, json=body)
    assert answer.status == 404


async def test_an_opened_envelope_shows_documents_roles_and_attachments(
    api, mailbox, seller, send
):
    file = await api.post("/api/v1/attachments?name=scan.pdf", data=b"%PDF")
    scan = (await file.json())["uuid"]
    uuid = await send(scan=scan)
    answer = await api.get(f"/api/v1/envelope/{uuid}", headers={"mailbox": seller})
    opened = await answer.json()
    assert opened["roles"] == [
        {"id": "buyer", "mailboxUuid": mailbox},
        {"id": "seller", "mailboxUuid": seller},
    ]
    document = opened["documents"][0]
    fields = {field["name"]: field for field in document["fields"]}
    assert fields["number"]["values"] == ["4711"]
    assert fields["scan"]["attachmentUuid"] == scan
    assert document["groups"][0]["rows"][0][0]["values"] == ["nut"]
    assert opened["attachments"] == [
        {
            "uuid": scan,
            "name": "scan.pdf",
            "contentType": "application/octet-stream",
            "size": 4,
        }
    ]
    assert opened["transfers"] == []


async def test_an_envelope_is_downloaded_as_xml_and_as_zip(api, seller, send):
    file = await api.post("/api/v1/attachments?name=scan.pdf", data=b"%PDF")
    uuid = await send(scan=(await file.json())["uuid"])
    at, headers = f"/api/v1/envelope/{uuid}", {"mailbox": seller}
    xml = await api.get(f"{at}/xml", headers=headers)
    assert xml.content_type == "application/xml"
    assert f'uuid="{uuid}"' in await xml.text()
    archive = await api.get(f"{at}/zip", headers=headers)
    assert archive.content_type == "application/zip"
    with ZipFile(BytesIO(await archive.read())) as opened:
        assert opened.namelist() == [f"{uuid}.xml", "attachments/scan.pdf"]
        assert opened.read("attachments/scan.pdf") == b"%PDF"
        assert opened.read(f"{uuid}.xml") == await xml.read()
    whole = await api.get(f"{at}/zip?kind=FULL", headers=headers)
    with ZipFile(BytesIO(await whole.read())) as opened:
        assert opened.namelist()[2:] == [
            "printable.html",
            "printable.pdf",
            "trace.json",
        ]
    paged = await api.get(f"{at}/printable", headers=headers)
    assert paged.content_type == "application/pdf"
    assert (await paged.read()).startswith(b"%PDF-")


async def test_only_who_takes_part_sees_it(api, send):
    uuid = await send()
    other = await api.post("/api/v1/mailboxes", json={"name": "Other"})
    headers = {"mailbox": (await other.json())["uuid"]}
    for path in ("", "/xml", "/zip", "/printable"):
        answer = await api.get(f"/api/v1/envelope/{uuid}{path}", headers=headers)
        assert answer.status == 404
    for order in ("accept", "reject"):
        answer = await api.post(
            f"/api/v1/envelope/{uuid}/{order}", headers=headers, json={}
        )
        assert answer.status == 404


async def test_the_mailbox_header_is_asked_for(api, send):
    answer = await api.get(f"/api/v1/envelope/{await send()}")
    assert answer.status == 422
    assert "mailbox" in (await answer.json())["data"]


async def test_accepting_completes_it_once(api, mailbox, seller, send, audited):
    at, headers = f"/api/v1/envelope/{await send()}", {"mailbox": seller}
    done = await (await api.post(f"{at}/accept", headers=headers)).json()
    assert (done["status"], done["how"]) == ("COMPLETED", "accepted by token:owner")
    assert (await audited())[0] == "envelope-accept"
    assert (await listed(api, mailbox))["data"][0]["status"] == "COMPLETED"
    again = await api.post(f"{at}/accept", headers=headers)
    assert (again.status, (await again.json())["code"]) == (409, "envelope-not-waiting")
    assert (await audited())[0] == "envelope-accept"


async def test_rejecting_cancels_it_and_tells_why(api, mailbox, seller, send, audited):
    at, headers = f"/api/v1/envelope/{await send()}", {"mailbox": seller}
    body = {"reason": "wrong price"}
    done = await (await api.post(f"{at}/reject", headers=headers, json=body)).json()
    assert (done["status"], done["rejectReason"]) == ("CANCELLED", "wrong price")
    sent = (await listed(api, mailbox))["data"][0]
    assert (sent["status"], sent["rejectReason"]) == ("CANCELLED", "wrong price")
    assert (await audited())[0] == "envelope-reject"
    assert (await api.post(f"{at}/accept", headers=headers)).status == 409


async def test_the_sender_does_not_decide(api, mailbox, send):
    at, headers = f"/api/v1/envelope/{await send()}", {"mailbox": mailbox}
    assert (await api.post(f"{at}/accept", headers=headers)).status == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("<subject>", "<subjekt>"), "Line 2"),
        (('name="number"', 'name="nummer"'), "nummer"),
        (("4711</field>", "</field>"), "number"),
        ((TEMPLATE, NOBODY), NOBODY),
    ],
)
async def test_a_wrong_envelope_is_refused_and_says_what_is_wrong(
    api, mailbox, seller, template, change, told
):
    data = envelope_xml(seller).replace(*change)
    answer = await api.post(SEND, headers={"mailbox": mailbox}, json={"data": data})
    assert answer.status == 422
    assert told.lower() in str(await answer.json()).lower()
    assert (await listed(api, mailbox))["totalElements"] == 0


async def test_what_does_not_fit_is_told_by_its_path(api, mailbox, seller, template):
    data = envelope_xml(seller).replace("4711</field>", "</field>")
    wrong = data.replace("article", "art")
    for sent, place in (
        (data, "documents/document[order]/number"),
        (wrong, "documents/document[order]/lines[0]/art"),
        (data.replace(seller, ""), "flow/roles/role[seller]"),
    ):
        answer = await api.post(SEND, headers={"mailbox": mailbox}, json={"data": sent})
        assert place in (await answer.json())["data"]


async def test_all_who_take_part_are_told_with_what_became_of_it(
    api, mailbox, seller, send
):
    uuid = await send()
    row = (await listed(api, mailbox))["data"][0]
    assert (row["senderName"], row["recipients"]) == ("Shop", ["Seller"])
    headers = {"mailbox": seller}
    await api.post(f"/api/v1/envelope/{uuid}/accept", headers=headers)
    opened = await (
        await api.get(f"/api/v1/envelope/{uuid}", headers={"mailbox": mailbox})
    ).json()
    parties = {party["name"]: party for party in opened["parties"]}
    assert parties["Shop"]["roles"] == ["buyer"]
    assert parties["Seller"]["mailboxUuid"] == seller
    assert parties["Seller"]["status"] == "COMPLETED"
    assert parties["Seller"]["how"] == "accepted by token:owner"


async def test_the_line_stands_beside_the_message(api, mailbox, seller, template):
    data = "\n\n" + envelope_xml(seller).replace("</flow>", "<x/></flow>")
    answer = await api.post(SEND, headers={"mailbox": mailbox}, json={"data": data})
    body = await answer.json()
    assert (body["line"], body["data"]["line"]) == (5, "5")


async def test_reprocessing_brings_it_to_the_remote_server_again(
    api, mailbox, seller, send, audited
):
    uuid = await send()
    at = "/api/v1/integration/reprocess-mailbox"
    done = await api.post(f"{at}/{seller}/inbox-envelope/{uuid}")
    assert done.status == 200
    assert (await audited())[0] == "envelope-reprocess"
    assert (await api.post(f"{at}/{mailbox}/inbox-envelope/{uuid}")).status == 404
    assert (await api.post(f"{at}/{seller}/inbox-envelope/{NOBODY}")).status == 404


async def test_a_rejected_envelope_is_not_brought_to_the_remote_server(
    api, seller, send
):
    uuid = await send()
    rejected = await api.post(
        f"/api/v1/envelope/{uuid}/reject", json={}, headers={"mailbox": seller}
    )
    assert rejected.status == 200
    at = "/api/v1/integration/reprocess-mailbox"
    done = await api.post(f"{at}/{seller}/inbox-envelope/{uuid}")
    body = await done.json()
    assert (done.status, body["code"]) == (409, "envelope-ended")
    assert "CANCELLED" in body["message"]
