"""The rule engine, put together: the line, its jobs, the doors of the servers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from as2_server.client import HttpClient
from as2_server.mdn_post import HttpMdnPost
from as2_server.sender import As2Transport
from gateway.adapters.mail import SmtpOptions
from gateway.app.as2 import SelfAddress
from gateway.app.foundation import Foundation, new_id, utc_now
from gateway.config import Config
from gateway.convert.pool import Converter
from gateway.convert.task import Limits
from gateway.core.errors import ConfigError
from gateway.core.model import Channel
from gateway.core.ports import Transport
from gateway.core.retry import RetryPolicy
from gateway.engine.acknowledging import Acknowledger
from gateway.engine.archives import Archives
from gateway.engine.as2_book import MailboxAs2Book, retries
from gateway.engine.as2_mdn import AsyncMdns
from gateway.engine.as2_sent import StoredSent
from gateway.engine.conversion import Conversions
from gateway.engine.delivery import Courier
from gateway.engine.deposits import MailboxDeposits
from gateway.engine.directories import OwnDirectories
from gateway.engine.dispatch import Dispatcher
from gateway.engine.drafts import Drafts
from gateway.engine.folders import MailboxFolders
from gateway.engine.gate import MailboxGate
from gateway.engine.intake import StoreIntake
from gateway.engine.lookups import Lookups
from gateway.engine.mail_servers import CurrentMailer, MailServers
from gateway.engine.notices import Notices
from gateway.engine.parking import PARKED
from gateway.engine.pipeline import Router
from gateway.engine.posting import Posting
from gateway.engine.printing import Printer
from gateway.engine.syncing import Syncing
from gateway.engine.uploads import SpoolUploads
from gateway.engine.worker import Worker
from gateway.store.jobs import Jobs
from gateway.store.logins import Logins
from gateway.store.tree import Tree
from gateway.store.uploads import Partials
from sftp_server.transport import SftpFolder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the servers and the desk are given."""

    base: Foundation
    jobs: Jobs
    worker: Worker
    conversions: Conversions
    drafts: Drafts
    posting: Posting
    intake: StoreIntake
    folders: MailboxFolders
    uploads: SpoolUploads
    gate: MailboxGate
    archives: Archives
    mail_servers: MailServers
    as2_address: SelfAddress
    as2_book: MailboxAs2Book
    syncing: Syncing

    async def recover(self) -> None:
        """Take up what a crash or a stop left behind."""
        await self.syncing.recover()
        if self.base.db.embedded:  # nobody else can hold a lease
            await self.jobs.release()
            await self.base.blobs.sweep(utc_now())
            await self.uploads.reconcile()
        await self.jobs.unpark(PARKED, utc_now())
        if revived := await self.jobs.revive(utc_now()):
            log.warning("%d jobs that were given up are tried again", revived)


def converter(base: Foundation) -> Converter:
    workers = base.config.limits.conversion_workers
    return Converter(workers, conversion_limits(base.config))


def conversion_limits(config: Config) -> Limits:
    limits = config.limits
    return Limits(
        seconds=limits.conversion_seconds,
        memory_mb=limits.conversion_memory_mb,
        output_bytes=limits.conversion_output_bytes,
    )


def build(base: Foundation, pool: Converter) -> Engine:
    jobs = Jobs(base.db)
    conversions = Conversions(
        base.blobs,
        pool,
        Lookups(base.db, utc_now),
        OwnDirectories(base.db, base.blobs),
    )
    drafts = Drafts(base.db, base.blobs, new_id)
    archives = Archives(base.db, base.blobs, Printer(base.blobs, pool))
    servers = MailServers(db=base.db, vault=base.vault, configured=_smtp(base.config))
    limits, spool = base.config.limits, base.config.layout.spool
    address = SelfAddress(base.config.as2_url(base.config.as2.port))
    book = MailboxAs2Book(db=base.db, vault=base.vault, clock=utc_now, base_url=address)
    client = HttpClient(allow_private=base.config.as2.allow_private_networks)
    worker = Worker(
        name=f"gateway-{new_id()}",
        jobs=jobs,
        handlers={
            "route": Router(base.db, base.blobs, conversions, drafts, utc_now),
            "dispatch": Dispatcher(
                base.db, base.blobs, conversions, archives, utc_now, new_id
            ),
            "acknowledge": Acknowledger(
                base.db, base.blobs, conversions, utc_now, new_id
            ),
            "deliver": Courier(
                base.db, _transports(base, book, client), retries, utc_now
            ),
            "mail": Notices(
                base.db, CurrentMailer(servers), utc_now, RetryPolicy(), servers.there
            ),
            "as2-mdn": AsyncMdns(
                base.db, book, HttpMdnPost(client), RetryPolicy(), utc_now
            ),
        },
        clock=utc_now,
        slots=12,  # two partners and a mail server that all hang leave some free
    )
    base.db.watch(worker.wake)
    return Engine(
        base=base,
        jobs=jobs,
        worker=worker,
        conversions=conversions,
        archives=archives,
        drafts=drafts,
        posting=Posting(base.db, drafts, utc_now),
        intake=StoreIntake(base.db, utc_now, new_id),
        folders=MailboxFolders(
            tree=Tree(base.db),
            spool=spool,
            clock=utc_now,
            new_id=new_id,
            quota=limits.quota_bytes_per_mailbox,
        ),
        uploads=SpoolUploads(
            partials=Partials(base.db),
            blobs=base.blobs,
            spool=spool,
            clock=utc_now,
            new_id=new_id,
            quota=limits.quota_bytes_per_mailbox,
        ),
        gate=MailboxGate(Logins(base.db), base.vault),
        mail_servers=servers,
        as2_address=address,
        as2_book=book,
        syncing=Syncing(base.db, base.blobs, utc_now),
    )


def _transports(
    base: Foundation, book: MailboxAs2Book, client: HttpClient
) -> Mapping[Channel, Transport]:
    config = base.config
    return {
        Channel.SFTP: SftpFolder(MailboxDeposits(base.db, utc_now)),
        Channel.AS2: As2Transport(
            book=book,
            sent=StoredSent(base.db, utc_now, base.vault),
            client=client,
            blobs=base.blobs,
            spool=config.layout.spool,
            clock=utc_now,
            new_id=new_id,
            host=config.server.public_host,
            contact=config.mail_sender,
        ),
    }


def _smtp(config: Config) -> SmtpOptions:
    smtp = config.smtp
    return SmtpOptions(
        host=smtp.host,
        port=smtp.port,
        username=smtp.username,
        password=_password(smtp.password_file),
        starttls=smtp.starttls,
        sender=config.mail_sender,
    )


def _password(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"smtp.password_file: {file}: {error}") from error
