"""The admin listener, put together: the desk behind it, TLS before it."""

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from admin_web.app import AdminOptions, build_app
from admin_web.server import AdminServer, listen
from as2_server.exhibit import Exhibits
from gateway.app.engine import Engine
from gateway.app.foundation import new_id, utc_now
from gateway.app.tls import ListenerTls
from gateway.config import Config
from gateway.core.desk.areas import Desk
from gateway.core.desk.certificates import Purpose
from gateway.core.desk.integrations import Addresses
from gateway.engine.desk.accounts import Accounts
from gateway.engine.desk.as2_identity import As2Identities, KeyMaker
from gateway.engine.desk.attachments import Attachments
from gateway.engine.desk.audit import AuditLog
from gateway.engine.desk.certificates import Certificates
from gateway.engine.desk.configuration import Keeping
from gateway.engine.desk.conversions import ConversionLog
from gateway.engine.desk.dashboard import Glance
from gateway.engine.desk.dictionaries import Dictionaries
from gateway.engine.desk.dictionary_files import DictionaryFiles
from gateway.engine.desk.dictionary_records import Records
from gateway.engine.desk.directories import Directories
from gateway.engine.desk.envelopes import Envelopes
from gateway.engine.desk.evidence import Evidence
from gateway.engine.desk.execute_token import ExecuteTokens
from gateway.engine.desk.health import Check, Health
from gateway.engine.desk.integrations import Integrations
from gateway.engine.desk.limits import Configuration
from gateway.engine.desk.mail_server import MailServer
from gateway.engine.desk.mailboxes import Mailboxes, OnChange
from gateway.engine.desk.news import Newsroom
from gateway.engine.desk.rehearsals import Rehearsals
from gateway.engine.desk.rule_bench import RuleBench
from gateway.engine.desk.rule_runs import RuleRuns
from gateway.engine.desk.rules import Rules
from gateway.engine.desk.secret import new_secret
from gateway.engine.desk.settings import AppSettings
from gateway.engine.desk.sign_in import SignIns
from gateway.engine.desk.templates import Templates
from gateway.engine.desk.transfers import Transfers
from gateway.engine.desk.trials import Trials

ATTACHMENT_MAX = 64 << 20


def desk(
    engine: Engine,
    addresses: Callable[[], Addresses],
    on_change: OnChange,
    checks: Mapping[str, Check],
    limited: Callable[[Config], None],
) -> Desk:
    """Return what the admin listener may ask and order.

    *addresses* is asked at each request: ports are known once the listeners are up;
    *checks* may grow until then; *limited* puts new limits to work.
    """
    base = engine.base
    db, blobs, vault = base.db, base.blobs, base.vault
    runs = RuleRuns(
        db, blobs, engine.conversions, engine.archives, engine.drafts, utc_now, new_id
    )
    trials = Trials(
        db, engine.conversions, engine.archives, engine.drafts, utc_now, new_id
    )
    spool = base.config.layout.as2_spool
    maker = KeyMaker(vault=vault, clock=utc_now, new_id=new_id)
    certificates = Certificates(
        db=db,
        clock=utc_now,
        files=_tls_files(base.config),
        host_keys=[key.public for key in base.keys],
    )
    tables = Dictionaries(db=db, clock=utc_now, new_id=new_id)
    return Desk(
        sign_in=SignIns(base.credentials),
        accounts=Accounts(base.credentials),
        people=base.people,
        mailboxes=Mailboxes(db=db, clock=utc_now, new_id=new_id, on_change=on_change),
        integrations=Integrations(
            db=db,
            clock=utc_now,
            vault=vault,
            new_secret=new_secret,
            addresses=addresses,
            on_change=on_change,
            maker=maker,
        ),
        certificates=certificates,
        as2_identities=As2Identities(db=db, clock=utc_now, maker=maker),
        settings=AppSettings(db=db, clock=utc_now, on_change=on_change),
        mail_server=MailServer(
            servers=engine.mail_servers,
            clock=utc_now,
            new_id=new_id,
            origin=base.config.origin("smtp.host") if base.config.smtp.host else "",
            wake=engine.worker.wake,
        ),
        retention=Keeping(db, utc_now, base.config),
        configuration=Configuration(
            config=base.config, db=db, clock=utc_now, apply=limited
        ),
        dictionaries=tables,
        records=Records(db=db, clock=utc_now, new_id=new_id),
        dictionary_files=DictionaryFiles(db, tables),
        directories=Directories(db, blobs, engine.conversions.converter, utc_now),
        audit=AuditLog(db),
        health=Health(
            db=db,
            clock=utc_now,
            data_dir=base.config.data_dir,
            checks=checks,
            sources=[certificates.samples],
        ),
        rules=Rules(db, blobs, runs, ExecuteTokens(vault, utc_now), utc_now, new_id),
        bench=RuleBench(db, blobs, trials, utc_now, new_id),
        rehearsals=Rehearsals(db, blobs, trials, utc_now, new_id),
        templates=Templates(db, utc_now, new_id),
        envelopes=Envelopes(db, blobs, engine.posting, engine.archives, utc_now),
        attachments=Attachments(db, blobs, utc_now, new_id, ATTACHMENT_MAX),
        transfers=Transfers(db, blobs, utc_now),
        evidence=Evidence(db, blobs, engine.as2_book, Exhibits(spool), spool, vault),
        conversions=ConversionLog(db),
        news=Newsroom.open(db),
        dashboard=Glance(
            db=db,
            clock=utc_now,
            data_dir=base.config.data_dir,
            certificates=certificates.all,
        ),
    )


async def admin_listener(
    config: Config, behind: Desk, tls: ListenerTls | None
) -> AdminServer:
    """Listen for the API; ConfigError if the port cannot be had."""
    options = AdminOptions(
        new_id=new_id, version=version("envelope-gateway"), tls=tls is not None
    )
    admin = config.admin
    app = await asyncio.to_thread(build_app, behind, options)
    return await listen(app, admin.host, admin.port, tls.context if tls else None)


def _tls_files(config: Config) -> Mapping[Purpose, Path]:
    """Return the certificates of the listeners that speak TLS."""
    admin, as2, layout = config.admin, config.as2, config.layout
    files = {}
    if admin.tls == "files":
        files[Purpose.ADMIN_TLS] = Path(admin.tls_cert)
    if admin.tls == "self-signed":
        files[Purpose.ADMIN_TLS] = layout.tls_certificate
    if as2.tls_port:
        own = layout.as2_tls_certificate
        files[Purpose.AS2_TLS] = Path(as2.tls_cert) if as2.tls_cert else own
    return files
