"""A mailbox and how its remote server connects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from gateway.core.model import Channel, MailboxId


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address of the account: 1 to 255 characters of name, unique aliases."""

    id: MailboxId
    name: str
    aliases: Sequence[str] = ()


class DefaultRule(Enum):
    """What happens to an incoming envelope that no IN rule matched."""

    COPY = "COPY"
    NOTIFY = "NOTIFY"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """The settings of blocks 2 to 4 of the integrations page, without secrets.

    *notify_email* is a comma-separated list, empty for none; *as2* holds the AS2
    settings under the names of the API (CONTRACT), values as JSON knows them.
    """

    mailbox: MailboxId
    enabled: bool = False
    protocol: Channel = Channel.SFTP
    notify_email: str = ""
    default_rule: DefaultRule = DefaultRule.COPY
    reject_reason: str = ""
    has_password: bool = False
    public_keys: Sequence[str] = ()
    allowed_addresses: Sequence[str] = ()
    as2: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set for the whole appliance; *account_name* is whose it is, or empty."""

    integrations_enabled: bool = True
    show_passwords_once: bool = False
    account_name: str = ""


AS2_DEFAULTS: Mapping[str, object] = {
    "selfId": "",  # empty: the mailbox's name
    "recipientUrl": "",
    "recipientCertificates": (),
    "recipientId": "",
    "recipientEmail": "",
    "encryptionAlgorithm": "aes256-cbc",
    "signingAlgorithm": "sha256",
    "compression": "none",
    "mdn": "SYNC",
    "mdnSigned": True,
    "requireSigned": True,
    "requireEncrypted": True,
    "subject": "",
    "contentType": "",
    "httpUser": "",
    "httpPassword": "",  # stored sealed (purpose as2-http-password), in base64
    "headers": {},
    "keyEncryption": "pkcs1",  # of the content key: pkcs1 oaep-sha1 oaep-sha256 ...
    "signatureScheme": "pkcs1",  # or pss
    "legacyAlgorithms": ("3des-cbc", "sha1"),  # what the partner may still use
    "mdnMinutes": 240,  # how long an asynchronous MDN may take
    "timeoutSeconds": 300,
    "retrySeconds": 60,  # until the second attempt; then twice as long each time
    "maxAttempts": 12,
    "chunked": False,
    "proxy": "",
    "proxyUser": "",
    "proxyPassword": "",  # sealed (purpose as2-proxy-password), in base64
    "caCertificates": (),  # in place of the system's
    "clientCertificate": "",  # PEM with its chain
    "clientKey": "",  # PEM, sealed (purpose as2-client-key), in base64
    "selfKeyBits": 2048,  # of the next pair that is made
    "selfValidityDays": 1825,
}
"""What an AS2 setting is while nobody has set it."""
