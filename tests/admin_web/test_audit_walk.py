"""Every change leaves its entry in the audit log, whoever orders it and how."""

import base64
import json

import pytest
from account_drive import code_of
from aiohttp.test_utils import TestClient, TestServer
from audit_walk import Walk, changing, ordering, watched
from documents import (
    ORDER_XML,
    TEMPLATE,
    TEMPLATE_XML,
    envelope_xml,
    out_stylesheet,
)
from smtp_desk import mail_server

from admin_web.app import AdminOptions, build_app
from admin_web.pages.audit_actions import ACTIONS
from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import COMMAND_LINE, PersonRole
from gateway.core.desk.dictionary_files import CsvFile
from gateway.core.model import (
    Channel,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Receipt,
    Top,
    TransferId,
    Upload,
)
from gateway.store import transfers

V1 = "/api/v1"
BOX, INTEGRATION = f"{V1}/mailboxes/{{uuid}}", f"{V1}/mailboxes/{{uuid}}/integration"
PASSWORD = "correct horse"
# they only look: at a certificate before it is saved, at what a rule would make
QUIET_OPERATIONS = {
    f"POST {V1}/certificates/parse",
    f"POST {V1}/rules/execute",
    f"POST {V1}/rules/dry-run",
    f"POST {V1}/mailboxes/{{uuid}}/rules/test",
}
# they read, or make a secret that counts for nothing before its first code
QUIET_ORDERS = {
    "accounts.get",
    "accounts.sessions",
    "accounts.new_secret",
    "accounts.begin_second_factor",
}


@pytest.fixture
async def walk(desk, tokens, world):
    """Return a walk over the API and the desk behind it."""
    seen = set()
    spied = watched(desk, seen)
    options = AdminOptions(new_id=lambda: "incident-1", version="1.2.3")
    headers = {"Authorization": f"Bearer {tokens[PersonRole.OWNER]}"}
    server = TestServer(build_app(spied, options))
    async with TestClient(server, headers=headers) as api:
        walk = Walk(api, spied, world.clock)
        walk.used = seen
        yield walk


async def test_every_order_is_booked_with_what_was_before_and_after(walk, db, blobs):
    shop = await mailboxes(walk)
    await integrations(walk, shop)
    await roll_overs(walk, shop)
    await templates_and_rules(walk, shop)
    await directories(walk)
    await dictionaries(walk)
    await documents(walk, shop, db, blobs)
    await people(walk)
    await accounts(walk)
    await appliance(walk)
    assert walk.done == changing() - QUIET_OPERATIONS
    assert ordering() - walk.used <= QUIET_ORDERS
    assert walk.booked <= set(ACTIONS)  # each has its word on the page


async def mailboxes(walk):
    post = f"POST {V1}/mailboxes"
    other = await walk.call(post, "mailbox-created", "after", json={"name": "Other"})
    uuid = {"uuid": other["uuid"]}
    changed = {"name": "Another", "aliases": ["GLN::1"]}
    await walk.call(f"PATCH {BOX}", "mailbox-changed", into=uuid, json=changed)
    await walk.call(f"DELETE {BOX}", "mailbox-deleted", "before", into=uuid)
    shop = await walk.call(post, "mailbox-created", "after", json={"name": "Shop"})
    return shop["uuid"]


async def integrations(walk, shop):
    into = {"uuid": shop}
    body = {"enabled": True, "notifyEmail": "a@x.example"}
    put = f"PUT {INTEGRATION}"
    await walk.call(put, "integration-saved", into=into, json=body)
    await walk.call(f"POST {INTEGRATION}/password", "password-reset", "none", into=into)
    reveal = walk.desk.integrations.reveal_password(COMMAND_LINE, MailboxId(shop))
    await walk.order(reveal, "password-revealed", "none")
    test = f"POST {INTEGRATION}/test-mail"
    await walk.call(test, "test-mail-sent", "after", into=into, json={})
    as2 = {"httpUser": "gw", "httpPassword": "s3cret"}
    body = {"protocol": "AS2", "as2": as2}
    await walk.call(put, "integration-saved", into=into, json=body)


async def roll_overs(walk, shop):
    into, path = {"uuid": shop}, f"{INTEGRATION}/rollover"
    begin = f"POST {path}"
    await walk.call(begin, "as2-rollover-begun", into=into, json={})
    gone = "as2-rollover-cancelled"
    await walk.call(f"DELETE {path}", gone, into=into)
    await walk.call(begin, "as2-rollover-begun", into=into, json={})
    old, _new = await walk.call(
        f"POST {path}/activate", "as2-rollover-activated", into=into, json={}
    )
    retire, pair = f"POST {path}/retire", {"pair": old["uuid"]}
    await walk.call(retire, "as2-pair-retired", into=into, json=pair)


async def templates_and_rules(walk, shop):
    post = f"POST {V1}/templates"
    await walk.call(post, "template-import", "after", json={"data": TEMPLATE_XML})
    rule = {
        "name": "Orders",
        "direction": "OUT",
        "templateUuid": TEMPLATE,
        "match": {"kind": "NAME", "pattern": r".*\.xml"},
        "stylesheet": out_stylesheet(shop),
    }
    rules = f"{V1}/mailboxes/{{uuid}}/rules"
    into = {"uuid": shop}
    body = await executed(walk, shop, rule)
    one = await walk.call(f"POST {rules}", "rule-add", "after", into=into, json=body)
    this, path = {"uuid": one["uuid"]}, f"{V1}/rules/{{uuid}}"
    # one letter for another: as long as before, and yet a change
    other = {**rule, "stylesheet": rule["stylesheet"].replace("Order ", "order ")}
    body = await executed(walk, shop, other)
    await walk.call(f"PUT {path}", "rule-save", into=this, json=body)
    await walk.call(f"POST {path}/disable", "rule-disable", into=this)
    await walk.call(f"POST {path}/enable", "rule-enable", into=this)
    two = await walk.call(f"POST {path}/clone", "rule-clone", "after", into=this)
    order = [two["uuid"], one["uuid"]]
    await walk.call(f"PUT {rules}/order", "rule-order", into=into, json=order)
    await walk.call(f"DELETE {path}", "rule-remove", "before", into=this)


async def directories(walk):
    path, messages = f"{V1}/directories", {"ORDERS": [["UNH", 1]]}
    body = json.dumps({"directory": "D97A", "messages": messages}).encode()
    await walk.call(f"POST {path}", "directory-upload", "after", data=body)
    gone, into = f"DELETE {path}/{{name}}", {"name": "D97A"}
    await walk.call(gone, "directory-delete", "before", into=into)


async def executed(walk, shop, rule):
    example = base64.b64encode(ORDER_XML.encode()).decode()
    body = {**rule, "mailbox": shop, "exampleName": "a.xml", "exampleContent": example}
    answer = await walk.api.post(f"{V1}/rules/execute", json=body)
    return {**rule, "executeToken": (await answer.json())["executeToken"]}


async def dictionaries(walk):
    path, action = f"{V1}/dictionaries", "dictionary-created"
    body = {"name": "Products", "columns": ["code"], "records": [["1"]]}
    made = await walk.call(f"POST {path}", action, "after", json=body)
    into, one = {"uuid": made["uuid"]}, f"{path}/{{uuid}}"
    renamed = {"name": "Goods"}
    await walk.call(f"PUT {one}", "dictionary-changed", into=into, json=renamed)
    csv = {"data": b"code\r\n2\r\n", "headers": {"Content-Type": "text/csv"}}
    filled = f"PUT {one}/records"
    await walk.call(filled, "dictionary-filled", into=into, **csv)
    body, action = {"values": ["3"]}, "dictionary-record-added"
    added = await walk.call(
        f"POST {one}/records", action, "after", into=into, json=body
    )
    into["record"] = added["uuid"]
    record, action = f"{one}/records/{{record}}", "dictionary-record-changed"
    await walk.call(f"PUT {record}", action, into=into, json={"values": ["4"]})
    action = "dictionary-record-removed"
    await walk.call(f"DELETE {record}", action, "before", into=into)
    files, uuid = walk.desk.dictionary_files, made["uuid"]
    load = files.load(COMMAND_LINE, uuid, CsvFile(data=b"code\r\n9\r\n"), append=True)
    await walk.order(load, "dictionary-extended")
    made = files.create(COMMAND_LINE, "From a file", CsvFile(data=b"a\r\n1\r\n"))
    await walk.order(made, "dictionary-created", "after")
    await walk.order(
        walk.desk.dictionaries.rename(COMMAND_LINE, uuid, "Things"),
        "dictionary-changed",
    )
    await walk.call(f"DELETE {one}", "dictionary-deleted", "before", into=into)


async def documents(walk, shop, db, blobs):
    attach = {"data": b"%PDF", "headers": {"Content-Type": "application/pdf"}}
    await walk.call(f"POST {V1}/attachments", "attachment-add", "after", **attach)
    headers = {"mailbox": shop}
    post, path = f"POST {V1}/envelope/send", f"{V1}/envelope/{{uuid}}"
    body = {"data": envelope_xml(shop)}

    async def send():
        made = await walk.call(
            post, "envelope-send", "after", headers=headers, json=body
        )
        return {"uuid": made["uuid"]}

    accept, into = f"POST {path}/accept", await send()
    await walk.call(accept, "envelope-accept", "after", into=into, headers=headers)
    no = {"reason": "not ordered"}
    reject, into = f"POST {path}/reject", await send()
    await walk.call(
        reject, "envelope-reject", "after", into=into, headers=headers, json=no
    )
    again = (
        f"{V1}/integration/reprocess-mailbox/{{mailbox}}/inbox-envelope/{{envelope}}"
    )
    into = {"mailbox": shop, "envelope": (await send())["uuid"]}
    await walk.call(f"POST {again}", "envelope-reprocess", "after", into=into)
    path, action = f"POST {V1}/transfers", "transfer-reprocess"
    await failed(walk, shop, db, blobs, "t1")
    one = f"{path}/{{uuid}}/reprocess"
    await walk.call(one, action, "before", into={"uuid": "t1"})
    await failed(walk, shop, db, blobs, "t2")
    await walk.call(f"{path}/reprocess", action, "before", json={"ids": ["t2"]})


async def failed(walk, shop, db, blobs, uuid):
    upload = Upload(
        mailbox=MailboxId(shop),
        channel=Channel.SFTP,
        name=FileName("order.edi"),
        folder=Folder(Top.COUTBOX),
        blob=await blobs.put(b"UNB+"),
    )
    problem = Problem("xslt-runtime", "it broke", "convert")
    async with db.write() as conn:
        receipt = Receipt(id=TransferId(uuid), received_at=walk.clock())
        await transfers.receive(conn, receipt, upload)
        await transfers.failed(conn, TransferId(uuid), problem, walk.clock())


async def people(walk):
    users, one = f"{V1}/users", f"{V1}/users/{{login}}"
    into = {"login": "anna"}
    anna = {"login": "anna", "password": PASSWORD, "role": "OPERATOR"}
    await walk.call(f"POST {users}", "user-added", "after", json=anna)
    login = {"login": "anna", "password": PASSWORD}
    await walk.call("POST /api/login", "logged-in", "none", json=login)
    role = {"role": "AUDITOR"}
    await walk.call(f"PATCH {one}", "role-changed", into=into, json=role)
    put, body = f"PUT {one}/password", {"password": "another horse"}
    await walk.call(put, "password-changed", "none", into=into, json=body)
    await walk.call(f"POST {one}/unlock", "user-unlocked", "none", into=into)
    reset = f"POST {one}/password/reset"
    await walk.call(reset, "password-reset", "none", into=into)
    await walk.order(
        walk.desk.people.end_sessions(COMMAND_LINE, "anna"), "sessions-ended", "none"
    )
    await walk.call(put, "password-changed", "none", into=into, json=login_of(PASSWORD))
    actor = await signed_in(walk, "anna")
    await second_factor(walk, actor)
    off = f"DELETE {one}/second-factor"
    await walk.call(off, "second-factor-reset", into=into)
    await walk.call(f"DELETE {one}", "user-removed", "before", into=into)
    invited = walk.desk.people.invite(COMMAND_LINE, "eve", PersonRole.AUDITOR)
    await walk.order(invited, "user-added", "after")
    body = {"name": "ci", "role": "AUDITOR"}
    made = await walk.call(f"POST {V1}/tokens", "token-created", "after", json=body)
    gone, into = f"DELETE {V1}/tokens/{{uuid}}", {"uuid": made["uuid"]}
    await walk.call(gone, "token-revoked", "before", into=into)


def login_of(password):
    return {"password": password}


async def signed_in(walk, login):
    text = await walk.desk.sign_in.login(login, PASSWORD, Origin(address="::1"))
    return await walk.desk.sign_in.actor(text)


async def second_factor(walk, actor):
    desk = walk.desk.accounts
    await desk.begin_second_factor(actor, PASSWORD, "::1")
    code = code_of(await desk.new_secret(actor), walk.clock)
    confirmed = desk.confirm_second_factor(actor, code)
    await walk.order(confirmed, "second-factor-on", "none")


async def accounts(walk):
    desk, owner = walk.desk.accounts, PersonRole.OWNER
    await walk.desk.people.add_user(COMMAND_LINE, "olga", owner, PASSWORD)
    other = await signed_in(walk, "olga")
    actor = await signed_in(walk, "olga")
    await walk.order(desk.end_session(actor, other.token), "session-ended", "none")
    await signed_in(walk, "olga")
    await walk.order(desk.end_other_sessions(actor), "sessions-ended", "none")
    await second_factor(walk, actor)
    codes = desk.new_recovery_codes(actor, PASSWORD, "::1")
    await walk.order(codes, "recovery-codes-made", "none")
    off = desk.remove_second_factor(actor, PASSWORD, "::1")
    await walk.order(off, "second-factor-off", "none")
    new = desk.change_password(actor, PASSWORD, "another horse", "::1")
    await walk.order(new, "password-changed", "none")
    await walk.order(walk.desk.sign_in.log_out(actor), "logged-out", "none")


async def appliance(walk):
    path = f"{V1}/settings"
    body = {"showPasswordsOnce": True}
    await walk.call(f"PUT {path}", "settings-changed", json=body)
    async with mail_server() as postbox:
        body = {"host": "127.0.0.1", "port": postbox.port, "starttls": "never"}
        put, test = f"PUT {path}/mail-server", f"POST {path}/mail-server/test"
        await walk.call(put, "mail-server-changed", json=body)
        to = {"to": "a@x.example"}
        await walk.call(test, "test-mail-sent", "after", json=to)
    limit = {"values": {"limits.shutdown_grace": 9}}
    await walk.call(f"PUT {path}/limits", "limits-changed", json=limit)
    keep = f"PUT {path}/retention"
    await walk.call(keep, "retention-changed", json={"audit": 30})


async def test_no_secret_stands_in_the_log(walk, db, blobs):
    shop = await mailboxes(walk)
    await integrations(walk, shop)
    await people(walk)
    export = await (await walk.api.get(f"{V1}/audit/export")).text()
    for secret in (PASSWORD, "another horse", "s3cret", "PRIVATE KEY"):
        assert secret not in export
