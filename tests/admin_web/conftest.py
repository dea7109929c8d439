"""The API over the real desk on a real database."""

from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer

from admin_web.app import AdminOptions, build_app
from as2_server.exhibit import Exhibits
from gateway.adapters.blobs import FolderBlobs
from gateway.adapters.mail import SmtpOptions
from gateway.adapters.vault import FileVault
from gateway.config import Config
from gateway.convert.pool import Converter
from gateway.core.desk.actor import COMMAND_LINE, PersonRole
from gateway.core.desk.areas import Desk
from gateway.core.desk.integrations import Addresses
from gateway.engine.archives import Archives
from gateway.engine.as2_book import MailboxAs2Book
from gateway.engine.conversion import Conversions
from gateway.engine.desk.accounts import Accounts
from gateway.engine.desk.as2_identity import As2Identities, KeyMaker
from gateway.engine.desk.attachments import Attachments
from gateway.engine.desk.attempts import Attempts
from gateway.engine.desk.audit import AuditLog
from gateway.engine.desk.certificates import Certificates
from gateway.engine.desk.configuration import Keeping
from gateway.engine.desk.conversions import ConversionLog
from gateway.engine.desk.credentials import Credentials
from gateway.engine.desk.dashboard import Glance
from gateway.engine.desk.dictionaries import Dictionaries
from gateway.engine.desk.dictionary_files import DictionaryFiles
from gateway.engine.desk.dictionary_records import Records
from gateway.engine.desk.directories import Directories
from gateway.engine.desk.envelopes import Envelopes
from gateway.engine.desk.evidence import Evidence
from gateway.engine.desk.execute_token import ExecuteTokens
from gateway.engine.desk.health import Health
from gateway.engine.desk.integrations import Integrations
from gateway.engine.desk.limits import Configuration
from gateway.engine.desk.mail_server import MailServer
from gateway.engine.desk.mailboxes import Mailboxes
from gateway.engine.desk.news import Newsroom
from gateway.engine.desk.people import People
from gateway.engine.desk.rehearsals import Rehearsals
from gateway.engine.desk.rule_bench import RuleBench
from gateway.engine.desk.rule_runs import RuleRuns
from gateway.engine.desk.rules import Rules
from gateway.engine.desk.secret import Passwords, new_secret
from gateway.engine.desk.settings import AppSettings
from gateway.engine.desk.sign_in import SignIns
from gateway.engine.desk.templates import Templates
from gateway.engine.desk.transfers import Transfers
from gateway.engine.desk.trials import Trials
from gateway.engine.directories import OwnDirectories
from gateway.engine.drafts import Drafts
from gateway.engine.lookups import Lookups
from gateway.engine.mail_servers import MailServers
from gateway.engine.posting import Posting
from gateway.engine.printing import Printer

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"
ADDRESSES = Addresses(
    host="edi.example",
    sftp_port=2222,
    fingerprint="SHA256:abc",
    known_hosts="[edi.example]:2222 ssh-ed25519 AAAA",
    as2_url="https://edi.example",
)


@dataclass
class World:
    """What a test of the API may look at behind the desk."""

    db: object
    clock: object
    vault: object
    changed: list = field(default_factory=list)
    applied: list = field(default_factory=list)
    passwords_changed: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    config: Config = field(default_factory=Config)

    async def on_change(self, mailbox):
        self.changed.append(mailbox)


_numbers = count(1)


def new_id():
    return str(UUID(int=next(_numbers), version=4))


@pytest.fixture
def world(db, clock, tmp_path):
    return World(db, clock, FileVault.create(tmp_path / "master.key"))


@pytest.fixture
def blobs(tmp_path):
    return FolderBlobs(tmp_path / "blobs", new_id)


@pytest.fixture
async def converter():
    """One worker, started by the first test that converts something."""
    async with Converter(1) as pool:
        yield pool


@pytest.fixture
def desk(world, tmp_path, blobs, converter):
    db, clock = world.db, world.clock
    conversions = Conversions(
        blobs, converter, Lookups(db, clock), OwnDirectories(db, blobs)
    )
    drafts = Drafts(db, blobs, new_id)
    archives = Archives(db, blobs, Printer(blobs, converter))
    trials = Trials(db, conversions, archives, drafts, clock, new_id)
    maker = KeyMaker(vault=world.vault, clock=clock, new_id=new_id)
    book = MailboxAs2Book(
        db=db, vault=world.vault, clock=clock, base_url=lambda: "https://edi.example"
    )
    credentials = Credentials(
        db=db,
        clock=clock,
        new_id=new_id,
        new_secret=new_secret,
        vault=world.vault,
        attempts=Attempts(clock),
        password_changed=world.passwords_changed.append,
        passwords=Passwords(memory=8, passes=1),  # real ones take 50 ms each
    )
    tables = Dictionaries(db=db, clock=clock, new_id=new_id)
    certificates = Certificates(
        db=db, clock=clock, files=world.files, host_keys=[HOST_KEY]
    )
    return Desk(
        sign_in=SignIns(credentials),
        accounts=Accounts(credentials),
        people=People(credentials),
        mailboxes=Mailboxes(
            db=db, clock=clock, new_id=new_id, on_change=world.on_change
        ),
        integrations=Integrations(
            db=db,
            clock=clock,
            vault=world.vault,
            new_secret=new_secret,
            addresses=lambda: ADDRESSES,
            on_change=world.on_change,
            maker=maker,
        ),
        certificates=certificates,
        as2_identities=As2Identities(db=db, clock=clock, maker=maker),
        settings=AppSettings(db=db, clock=clock, on_change=world.on_change),
        mail_server=MailServer(
            servers=MailServers(
                db=db,
                vault=world.vault,
                configured=SmtpOptions(
                    host=world.config.smtp.host, sender=world.config.mail_sender
                ),
            ),
            clock=clock,
            new_id=new_id,
            origin=world.config.origin("smtp.host"),
        ),
        retention=Keeping(db, clock, world.config),
        configuration=Configuration(
            config=world.config, db=db, clock=clock, apply=world.applied.append
        ),
        dictionaries=tables,
        records=Records(db=db, clock=clock, new_id=new_id),
        dictionary_files=DictionaryFiles(db, tables),
        directories=Directories(db, blobs, converter, clock),
        audit=AuditLog(db),
        health=Health(db=db, clock=clock, data_dir=tmp_path),
        rules=Rules(
            db=db,
            blobs=blobs,
            runs=RuleRuns(db, blobs, conversions, archives, drafts, clock, new_id),
            tokens=ExecuteTokens(world.vault, clock),
            clock=clock,
            new_id=new_id,
        ),
        bench=RuleBench(db, blobs, trials, clock, new_id),
        rehearsals=Rehearsals(db, blobs, trials, clock, new_id),
        templates=Templates(db, clock, new_id),
        envelopes=Envelopes(db, blobs, Posting(db, drafts, clock), archives, clock),
        attachments=Attachments(db, blobs, clock, new_id, max_bytes=200_000),
        transfers=Transfers(db, blobs, clock),
        evidence=Evidence(db, blobs, book, Exhibits(tmp_path), tmp_path, world.vault),
        conversions=ConversionLog(db),
        news=Newsroom.open(db),
        dashboard=Glance(
            db=db, clock=clock, data_dir=tmp_path, certificates=certificates.all
        ),
    )


@pytest.fixture
async def tokens(desk):
    """Make one token per role."""
    made = {}
    for role in PersonRole:
        _token, made[role] = await desk.people.create_token(
            COMMAND_LINE, role.value.lower(), role, None
        )
    return made


@pytest.fixture
async def anybody(desk):
    """Call the API without a token."""
    options = AdminOptions(new_id=lambda: "incident-1", version="1.2.3")
    async with TestClient(TestServer(build_app(desk, options))) as client:
        yield client


@pytest.fixture
async def api(desk, tokens):
    """Call the API as an OWNER."""
    options = AdminOptions(
        new_id=lambda: "incident-1", version="1.2.3", max_body_bytes=1024 * 1024
    )
    headers = {"Authorization": f"Bearer {tokens[PersonRole.OWNER]}"}
    server = TestServer(build_app(desk, options))
    async with TestClient(server, headers=headers) as client:
        yield client


@pytest.fixture
def client_of():
    """Return what makes a client of an application."""
    return lambda app: TestClient(TestServer(app))


@pytest.fixture
async def mailbox(api):
    """Make a mailbox and return its uuid."""
    answer = await api.post("/api/v1/mailboxes", json={"name": "Shop"})
    return (await answer.json())["uuid"]
