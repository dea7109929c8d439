"""The integration as the API shows and takes it."""

from typing import Literal

from pydantic import Field

from admin_web.api.certificate_models import CertificateAnswer, PairAnswer
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
KeyEncryption = Literal[
    "pkcs1", "oaep-sha1", "oaep-sha256", "oaep-sha384", "oaep-sha512"
]
SignatureScheme = Literal["pkcs1", "pss"]
Legacy = Literal["3des-cbc", "sha1", "md5"]


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
    """How to connect by AS2; passwords and private keys are never shown."""

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
    key_encryption: KeyEncryption
    signature_scheme: SignatureScheme
    legacy_algorithms: list[Legacy]
    mdn_minutes: int
    timeout_seconds: int
    retry_seconds: int
    max_attempts: int
    chunked: bool
    proxy: str
    proxy_user: str
    proxy_password_set: bool
    ca_certificates: list[str]
    client_certificate: str
    client_key_set: bool
    self_key_bits: int
    self_validity_days: int
    self_certificates: list[PairAnswer]
    recipient_certificate_facts: list[CertificateAnswer]
    warnings: list[str]


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
    key_encryption: KeyEncryption = "pkcs1"
    signature_scheme: SignatureScheme = "pkcs1"
    legacy_algorithms: list[Legacy] = Field(default_factory=list)
    mdn_minutes: int = Field(default=240, ge=1, le=30 * 24 * 60)
    timeout_seconds: int = Field(default=300, ge=5, le=3600)
    retry_seconds: int = Field(default=60, ge=1, le=24 * 3600)
    max_attempts: int = Field(default=12, ge=1, le=100)
    chunked: bool = False
    proxy: str = ""
    proxy_user: str = ""
    proxy_password: str = ""
    proxy_password_set: bool = False
    ca_certificates: list[str] = Field(default_factory=list)
    client_certificate: str = ""
    client_key: str = ""
    client_key_set: bool = False
    self_key_bits: Literal[2048, 3072, 4096] = 2048
    self_validity_days: int = Field(default=1825, ge=1, le=7300)
    # what follows from the rest: taken back, and not looked at
    self_certificates: list[dict[str, object]] = Field(default_factory=list)
    recipient_certificate_facts: list[dict[str, object]] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class TestMailBody(Body):
    """Where the test goes; left out: to the saved addresses."""

    notify_email: str | None = Field(default=None, max_length=4000)


class TestMailAnswer(Answer):
    """Where the test went."""

    notify_email: str


class IntegrationBody(Body):
    """What is to be saved; every key may be left out and then keeps its value."""

    enabled: bool = False
    protocol: Channel = Channel.SFTP
    notify_email: str = Field(default="", max_length=4000)
    default_rule: DefaultRule = DefaultRule.COPY
    reject_reason: str = ""
    sftp: SftpBody = SftpBody()
    as2: As2Body = As2Body()
