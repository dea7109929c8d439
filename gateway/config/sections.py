"""The keys of the configuration: names, types, defaults, and what is allowed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from typing_extensions import override

from gateway.config.layout import Layout
from gateway.core.errors import N_

DEFAULT_DATA = Path("data")
MIB = 1 << 20
GIB = 1 << 30

# The description is what an error says is allowed.
Port = Annotated[
    int, Field(ge=0, le=65535, description="a port, 0 to 65535 (0: any free one)")
]
Host = Annotated[
    str,
    Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$"),
    Field(description="a host name or an IP address"),
]
Positive = Annotated[int, Field(ge=1, description=N_("a whole number from 1"))]
Days = Annotated[int, Field(ge=0, description="a number of days (0: keep for ever)")]
Bytes = Annotated[int, Field(ge=1, description=N_("a number of bytes, from 1"))]
Switch = Annotated[bool, Field(description=N_("true or false"))]
Text = Annotated[str, Field(description="a text")]


class Section(BaseModel):
    """What all sections share: frozen, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where the data is, and under what name partners find us."""

    data_dir: Annotated[Path, Field(description="a folder")] = DEFAULT_DATA
    public_host: Host = "localhost"


class Sftp(Section):
    """The SFTP listener."""

    host: Host = "0.0.0.0"  # noqa: S104 - partners come from outside
    port: Port = 2222


class As2(Section):
    """The AS2 listener."""

    host: Host = "0.0.0.0"  # noqa: S104 - partners come from outside
    port: Port = 8080
    tls_port: Annotated[
        int, Field(ge=0, le=65535, description="a port, 0 to 65535 (0: no TLS)")
    ] = 0
    public_url: Annotated[
        str,
        Field(pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$"),
        Field(description="an http:// or https:// address, or empty"),
    ] = ""
    allow_private_networks: Switch = True
    # without files a certificate of its own is made
    tls_cert: Annotated[str, Field(description="a PEM file")] = ""
    tls_key: Annotated[str, Field(description="a PEM file")] = ""


class Admin(Section):
    """The listener of the API and the admin page."""

    host: Host = "127.0.0.1"
    port: Port = 8443
    tls: Annotated[
        Literal["self-signed", "off", "files"],
        Field(description='"self-signed", "off" or "files"'),
    ] = "self-signed"
    tls_cert: Annotated[str, Field(description="a PEM file")] = ""
    tls_key: Annotated[str, Field(description="a PEM file")] = ""


class DatabaseSection(Section):
    """Where the rows are; empty means SQLite in the data folder."""

    url: Annotated[
        str,
        Field(pattern=r"^(sqlite\+aiosqlite:///.+|postgresql\+asyncpg://.+)?$"),
        Field(
            description="empty, sqlite+aiosqlite:///FILE or "
            "postgresql+asyncpg://USER:PASSWORD@HOST/NAME",
            repr=False,
        ),
    ] = ""


class Smtp(Section):
    """The server that takes our mails; without a host they wait."""

    host: Annotated[
        str,
        Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$"),
        Field(description=N_("a host name or an IP address; empty: mails wait")),
    ] = ""
    port: Annotated[
        int, Field(ge=1, le=65535, description=N_("a port, 1 to 65535"))
    ] = 25
    username: Text = ""
    password_file: Annotated[str, Field(description="a file")] = ""
    starttls: Annotated[
        Literal["auto", "always", "never"],
        Field(description=N_('"auto", "always" or "never"')),
    ] = "auto"
    sender: Annotated[
        str,
        Field(alias="from", pattern=r"^([^\s@<>]+@[^\s@<>]+)?$"),
        Field(description=N_("an e-mail address")),
    ] = ""


class Limits(Section):
    """What one partner, one document or one conversion may use."""

    max_file_bytes: Bytes = GIB
    max_as2_bytes: Bytes = GIB
    quota_bytes_per_mailbox: Annotated[
        int, Field(ge=0, description=N_("a number of bytes (0: no quota)"))
    ] = 10 * GIB
    conversion_seconds: Positive = 30
    conversion_memory_mb: Annotated[
        int, Field(ge=256, description=N_("a number of MB, from 256"))
    ] = 1000
    conversion_output_bytes: Bytes = 100 * MIB
    conversion_workers: Annotated[
        int, Field(ge=1, le=64, description=N_("a number of processes, 1 to 64"))
    ] = 2
    shutdown_grace: Annotated[
        int, Field(ge=0, le=3600, description=N_("a number of seconds, 0 to 3600"))
    ] = 30
    connections_per_login: Positive = 20
    connections_per_address: Positive = 100
    idle_seconds: Positive = 900


class Defender(Section):
    """What slows down whoever guesses passwords."""

    enabled: Switch = True
    attempts_per_connection: Positive = 6
    failed_login_delay_seconds: Annotated[
        int, Field(ge=0, le=60, description=N_("a number of seconds, 0 to 60"))
    ] = 1


class Retention(Section):
    """For how many days finished things are kept; 0, the default, is for ever."""

    transfers_days: Days = 0
    envelopes_days: Days = 0
    mails_days: Days = 0
    audit_days: Days = 0


class Log(Section):
    """What is written to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description='"debug", "info", "warning" or "error"'),
    ] = "info"


class Config(Section):
    """Everything the process is told from outside."""

    server: Server = Server()
    sftp: Sftp = Sftp()
    as2: As2 = As2()
    admin: Admin = Admin()
    database: DatabaseSection = DatabaseSection()
    smtp: Smtp = Smtp()
    limits: Limits = Limits()
    defender: Defender = Defender()
    retention: Retention = Retention()
    log: Log = Log()
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @override
    def model_post_init(self, context: object, /) -> None:
        if isinstance(context, Mapping):
            self._origins = context

    def origin(self, key: str) -> str:
        """Return the file or the variable that sets `smtp.host`; "" if none does."""
        return self._origins.get(key, "")

    @property
    def data_dir(self) -> Path:
        """The data folder, absolute."""
        return self.server.data_dir.absolute()

    @property
    def layout(self) -> Layout:
        return Layout(self.data_dir)

    @property
    def database_url(self) -> str:
        """The address of the database for SQLAlchemy."""
        return self.database.url or f"sqlite+aiosqlite:///{self.layout.database}"

    @property
    def mail_sender(self) -> str:
        return self.smtp.sender or f"gateway@{self.server.public_host}"

    def as2_url(self, port: int, tls_port: int = 0) -> str:
        """Return what partners post to, without `/as2/...`; ports as bound."""
        if self.as2.public_url:
            return self.as2.public_url.rstrip("/")
        scheme, number = ("https", tls_port) if tls_port else ("http", port)
        return f"{scheme}://{self.server.public_host}:{number}"
