"""The limits at work: handed to whoever keeps them, whenever they change."""

from dataclasses import dataclass

from as2_server.server import As2Server
from gateway.app.engine import Engine, conversion_limits
from gateway.config import Config
from sftp_server.options import SftpOptions
from sftp_server.server import SftpServer

ANY = 1000  # authentication tries when the defender is off


def sftp_options(line: Engine, config: Config) -> SftpOptions:
    """Return the SFTP server's address, keys and limits."""
    limits, defender = config.limits, config.defender
    return SftpOptions(
        host=config.sftp.host,
        port=config.sftp.port,
        host_keys=[key.private for key in line.base.keys],
        max_file_bytes=limits.max_file_bytes,
        max_per_address=limits.connections_per_address,
        max_per_login=limits.connections_per_login,
        max_auth_tries=defender.attempts_per_connection if defender.enabled else ANY,
        failed_login_delay=defender.failed_login_delay_seconds * defender.enabled,
        idle_timeout=limits.idle_seconds,
    )


@dataclass(frozen=True, slots=True)
class Limiter:
    """Puts a configuration's limits to work; what is under way keeps the old ones."""

    line: Engine
    sftp: SftpServer
    as2: As2Server

    def __call__(self, config: Config) -> None:
        limits = config.limits
        self.sftp.limit(sftp_options(self.line, config))
        self.as2.limit(limits.max_as2_bytes, limits.connections_per_address)
        self.line.conversions.converter.limits = conversion_limits(config)
        self.line.folders.quota = limits.quota_bytes_per_mailbox
        self.line.uploads.quota = limits.quota_bytes_per_mailbox
