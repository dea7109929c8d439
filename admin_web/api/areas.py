"""The list of areas: what is here is routed and documented, nothing else."""

from collections.abc import Sequence

from admin_web.api import (
    appliance,
    as2_identity,
    attachments,
    audit,
    certificates,
    conversions,
    dictionaries,
    dictionary_records,
    directories,
    envelopes,
    health,
    integrations,
    login,
    mailboxes,
    people,
    rehearsal,
    rule_bench,
    rules,
    settings,
    templates,
    transfers,
)
from admin_web.api.operation import Operation

AREAS = (
    login,
    mailboxes,
    integrations,
    as2_identity,
    certificates,
    rules,
    rule_bench,
    rehearsal,
    templates,
    dictionaries,
    dictionary_records,
    directories,
    envelopes,
    attachments,
    transfers,
    conversions,
    people,
    settings,
    appliance,
    audit,
    health,
)


def operations() -> Sequence[Operation]:
    """Return every operation of the API in the order of the document."""
    return [operation for area in AREAS for operation in area.OPERATIONS]
