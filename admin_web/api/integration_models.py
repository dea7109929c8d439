"""The integration as the API shows and takes it."""

from typing import Literal

from pydantic import Field

from admin_web.api.models import Answer, Body
from gateway.core.integration import DefaultRule
from gateway.core.model import Channel

Encryption = Literal[
    "aes256-cbc",
    "aes192-cbc",
    "aes128-cbc",
    "aes256-gcm",
    "aes128-gcm",
    "3des-cbc",
    "none",
]
Signing = Literal["sha256", "sha384", "sha512", "sha1", "md5", "none"]
Compression = Literal["none", "before-signing", "after-signing"]
Mdn = Literal["SYNC", "ASYNC", "NONE"]


class SftpAnswer(Answer):
    """How to connect by SFTP; `password` is there when it was made just now."""

    login: str
    password: str | None = Field(
        default=None, exclude_if=lambda password: password is None
    )
    host: str
    port: int
    host_key_fingerprint: str
    known_hosts: str
    public_keys: list[str]
    allowed_addresses: list[str]


class As2Answer(Answer):
    """How to connect by AS2; the HTTP password is never shown."""

    self_url: str
    self_certificate: str
    self_id: str
    recipient_url: str
    recipient_certificates: list[str]
    recipient_id: str
    recipient_email: str
    encryption_algorithm: Encryption
    signing_algorithm: Signing
    compression: Compression
    mdn: Mdn
    mdn_signed: bool
    require_signed: bool
    require_encrypted: bool
    subject: str
    content_type: str
    http_user: str
    http_password_set: bool
    headers: dict[str, str]


class IntegrationAnswer(Answer):
    """Blocks 1 to 4 of the integrations page."""

    enabled: bool
    protocol: Channel
    notify_email: str
    default_rule: DefaultRule
    reject_reason: str
    sftp: SftpAnswer
    as2: As2Answer


# In the bodies a key's default only says that it may be left out: then the value stays.


class SftpBody(Body):
    """SFTP settings; what the gateway generates may be sent back, not changed."""

    login: str = ""
    password: str = ""
    host: str = ""
    port: int = 0
    host_key_fingerprint: str = ""
    known_hosts: str = ""
    public_keys: list[str] = Field(default_factory=list)
    allowed_addresses: list[str] = Field(default_factory=list)


class As2Body(Body):
    """AS2 settings; what the gateway generates may be sent back, not changed."""

    self_url: str = ""
    self_certificate: str = ""
    self_id: str = ""
    recipient_url: str = ""
    recipient_certificates: list[str] = Field(default_factory=list)
    recipient_id: str = ""
    recipient_email: str = ""
    encryption_algorithm: Encryption = "aes256-cbc"
    signing_algorithm: Signing = "sha256"
    compression: Compression = "none"
    mdn: Mdn = "SYNC"
    mdn_signed: bool = True
    require_signed: bool = True
    require_encrypted: bool = True
    subject: str = ""
    content_type: str = ""
    http_user: str = ""
    http_password: str = ""
    http_password_set: bool = False
    headers: dict[str, str] = Field(default_factory=dict)


class IntegrationBody(Body):
    """What is to be saved; every key may be left out and then keeps its value."""

    enabled: bool = False
    protocol: Channel = Channel.SFTP
    notify_email: str = Field(default="", max_length=4000)
    default_rule: DefaultRule = DefaultRule.COPY
    reject_reason: str = ""
    sftp: SftpBody = SftpBody()
    as2: As2Body = As2Body()
