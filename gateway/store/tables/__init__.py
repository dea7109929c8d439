"""The tables, as SQLAlchemy Core sees them; migrations make them."""

from gateway.store.tables.as2_keys import as2_keys, certificate_warnings
from gateway.store.tables.as2_messages import as2_message_transfers, as2_messages
from gateway.store.tables.as2_sent import as2_sent
from gateway.store.tables.base import metadata
from gateway.store.tables.directories import message_directories
from gateway.store.tables.envelopes import (
    attachments,
    envelope_attachments,
    envelope_fields,
    envelopes,
    mailbox_entries,
)
from gateway.store.tables.interchanges import (
    control_numbers,
    given_numbers,
    sent_interchanges,
)
from gateway.store.tables.mailboxes import aliases, integrations, mailboxes
from gateway.store.tables.people import (
    audit,
    recovery_codes,
    settings,
    tokens,
    users,
)
from gateway.store.tables.reference import (
    dictionaries,
    dictionary_cells,
    dictionary_columns,
    dictionary_records,
    rules,
    template_versions,
    templates,
)
from gateway.store.tables.transfers import (
    conversions,
    entries,
    jobs,
    mails,
    trace,
    transfer_envelopes,
    transfers,
)
from gateway.store.tables.unsynced import unsynced

__all__ = [
    "aliases",
    "as2_keys",
    "as2_message_transfers",
    "as2_messages",
    "as2_sent",
    "attachments",
    "audit",
    "certificate_warnings",
    "control_numbers",
    "conversions",
    "dictionaries",
    "dictionary_cells",
    "dictionary_columns",
    "dictionary_records",
    "entries",
    "envelope_attachments",
    "envelope_fields",
    "envelopes",
    "given_numbers",
    "integrations",
    "jobs",
    "mailbox_entries",
    "mailboxes",
    "mails",
    "message_directories",
    "metadata",
    "recovery_codes",
    "rules",
    "sent_interchanges",
    "settings",
    "template_versions",
    "templates",
    "tokens",
    "trace",
    "transfer_envelopes",
    "transfers",
    "unsynced",
    "users",
]
