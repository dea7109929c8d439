"""What the settings page says of each kind of thing and of each limit."""

from collections.abc import Mapping

from admin_web.pages.texts import N_

KINDS: Mapping[str, tuple[str, str]] = {
    "transfers": (
        N_("Transfers"),
        N_("Files received and delivered, with their traces, logs and receipts."),
    ),
    "envelopes": (
        N_("Envelopes"),
        N_("Those that ended, with their attachments and deliveries."),
    ),
    "mails": (N_("Mails"), N_("Notifications that were sent or given up.")),
    "audit": (N_("Audit log"), N_("Who changed what, and when.")),
}

LIMITS: Mapping[str, str] = {
    "limits.max_file_bytes": N_("The largest file by SFTP"),
    "limits.max_as2_bytes": N_("The largest message by AS2"),
    "limits.quota_bytes_per_mailbox": N_("All files in the folders of a mailbox"),
    "limits.conversion_seconds": N_("The time of one conversion"),
    "limits.conversion_memory_mb": N_("The memory of one conversion"),
    "limits.conversion_output_bytes": N_("The result of one conversion"),
    "limits.conversion_workers": N_("Conversions at the same time"),
    "limits.shutdown_grace": N_("Time for work in flight when stopping"),
    "limits.connections_per_login": N_("SFTP connections of one mailbox"),
    "limits.connections_per_address": N_("Connections of one address"),
    "limits.idle_seconds": N_("An SFTP session without a request"),
    "defender.enabled": N_("Slow down who guesses passwords"),
    "defender.attempts_per_connection": N_("Login attempts of one connection"),
    "defender.failed_login_delay_seconds": N_("Delay after a failed login"),
}
