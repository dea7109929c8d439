"""The integration as it will be: what is there, what is wanted, every fault named."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TypeVar

from gateway.core.desk.integrations import IntegrationChange
from gateway.core.errors import N_, Invalid
from gateway.core.integration import DefaultRule, Integration, Mailbox
from gateway.core.model import Channel
from gateway.core.ports import Vault
from gateway.engine.as2_book import AS2_SECRETS
from gateway.engine.desk import as2_checks, sftp_checks

LONGEST_REASON = 1000
T = TypeVar("T")


def merged(
    vault: Vault, owner: Mailbox, old: Integration, change: IntegrationChange
) -> Integration:
    """Return the settings as they will be; Invalid names every fault."""
    wrong: dict[str, str] = {}
    clean = as2_checks.checked(change.as2, wrong)
    as2 = {**old.as2, **clean}
    _check_client(vault, as2, change, wrong)
    for name, purpose in AS2_SECRETS.items():
        if clean.get(name):
            sealed = vault.seal(str(clean[name]).encode(), purpose)
            as2[name] = b64encode(sealed).decode()
    protocol = _given(change.protocol, old.protocol)
    if protocol is Channel.AS2 and not as2.get("selfId"):
        as2["selfId"] = _default_self_id(owner, wrong)
    new = Integration(
        mailbox=owner.id,
        enabled=_given(change.enabled, old.enabled),
        protocol=protocol,
        notify_email=sftp_checks.emails(
            _given(change.notify_email, old.notify_email), wrong
        ),
        default_rule=_given(change.default_rule, old.default_rule),
        reject_reason=_given(change.reject_reason, old.reject_reason).strip(),
        has_password=old.has_password,
        public_keys=old.public_keys
        if change.public_keys is None
        else sftp_checks.public_keys(change.public_keys, wrong),
        allowed_addresses=old.allowed_addresses
        if change.allowed_addresses is None
        else sftp_checks.addresses(change.allowed_addresses, wrong),
        as2=as2,
    )
    if len(new.reject_reason) > LONGEST_REASON:
        wrong["rejectReason"] = N_("has more than {most} characters").format(
            most=LONGEST_REASON
        )
    if new.default_rule is DefaultRule.NOTIFY and not new.notify_email:
        wrong.setdefault("notifyEmail", N_("is needed by the default rule NOTIFY"))
    raise_if(wrong)
    return new


def _given(new: T | None, old: T) -> T:
    return old if new is None else new


def raise_if(wrong: Mapping[str, str]) -> None:
    """Raise Invalid if any field is wrong."""
    if wrong:
        place, why = next(iter(wrong.items()))
        raise Invalid(f"{place} {why}.", data=dict(wrong))


def _check_client(
    vault: Vault,
    as2: Mapping[str, object],
    change: IntegrationChange,
    wrong: dict[str, str],
) -> None:
    """Check that the client's certificate and key, old or new, belong together."""
    names = {"clientCertificate", "clientKey"}
    if (
        not names & change.as2.keys()
        or {f"as2.{name}" for name in names} & wrong.keys()
    ):
        return
    key = str(as2.get("clientKey", ""))
    if "clientKey" not in change.as2 and key:
        purpose = AS2_SECRETS["clientKey"]
        key = vault.open(b64decode(key), purpose).decode()
    trouble = as2_checks.client_pair(str(as2.get("clientCertificate", "")), key)
    if trouble:
        wrong["as2.clientCertificate"] = trouble


def _default_self_id(owner: Mailbox, wrong: dict[str, str]) -> str:
    try:
        return as2_checks.as2_name(owner.name)
    except ValueError:
        wrong["as2.selfId"] = N_(
            "is needed, because the mailbox's name cannot be an AS2 name"
        )
        return ""


def facts(integration: Integration) -> dict[str, object]:
    """Return what the audit log keeps."""
    return {
        "enabled": integration.enabled,
        "protocol": integration.protocol.value,
        "notifyEmail": integration.notify_email,
        "defaultRule": integration.default_rule.value,
        "rejectReason": integration.reject_reason,
        "publicKeys": list(integration.public_keys),
        "allowedAddresses": list(integration.allowed_addresses),
        "as2": {name: _fact(name, value) for name, value in integration.as2.items()},
    }


def _fact(name: str, value: object) -> object:
    """Return a setting without secrets: an extra header may carry the partner's key."""
    if name in AS2_SECRETS:
        return bool(value)
    if name == "headers" and isinstance(value, Mapping):
        return sorted(value)
    return value
