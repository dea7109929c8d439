"""All areas together; imported by who needs them all, for it takes a while."""

from dataclasses import dataclass

from gateway.core.desk.accounts import AccountDesk, SignInDesk
from gateway.core.desk.attachments import AttachmentDesk
from gateway.core.desk.audit import AuditDesk
from gateway.core.desk.bench import RuleBenchDesk
from gateway.core.desk.certificates import As2IdentityDesk, CertificateDesk
from gateway.core.desk.conversions import ConversionDesk
from gateway.core.desk.dashboard import DashboardDesk
from gateway.core.desk.dictionaries import DictionaryDesk, RecordDesk
from gateway.core.desk.dictionary_files import DictionaryFileDesk
from gateway.core.desk.directories import DirectoryDesk
from gateway.core.desk.envelopes import EnvelopeDesk
from gateway.core.desk.health import HealthDesk
from gateway.core.desk.integrations import IntegrationDesk
from gateway.core.desk.mailboxes import MailboxDesk
from gateway.core.desk.news import NewsDesk
from gateway.core.desk.people import PeopleDesk
from gateway.core.desk.rehearsal import RehearsalDesk
from gateway.core.desk.rules import RuleDesk
from gateway.core.desk.settings import (
    ConfigurationDesk,
    MailServerDesk,
    RetentionDesk,
    SettingsDesk,
)
from gateway.core.desk.templates import TemplateDesk
from gateway.core.desk.transfers import EvidenceDesk, TransferDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Every area; built by the composition root."""

    sign_in: SignInDesk
    accounts: AccountDesk
    people: PeopleDesk
    mailboxes: MailboxDesk
    integrations: IntegrationDesk
    settings: SettingsDesk
    mail_server: MailServerDesk
    retention: RetentionDesk
    configuration: ConfigurationDesk
    dictionaries: DictionaryDesk
    records: RecordDesk
    dictionary_files: DictionaryFileDesk
    directories: DirectoryDesk
    certificates: CertificateDesk
    as2_identities: As2IdentityDesk
    audit: AuditDesk
    health: HealthDesk
    rules: RuleDesk
    bench: RuleBenchDesk
    rehearsals: RehearsalDesk
    templates: TemplateDesk
    envelopes: EnvelopeDesk
    attachments: AttachmentDesk
    transfers: TransferDesk
    evidence: EvidenceDesk
    conversions: ConversionDesk
    news: NewsDesk
    dashboard: DashboardDesk
