"""What is printed when the demo is up: how to see the whole line working."""

from collections.abc import Sequence
from pathlib import Path

from gateway.core.desk.areas import Desk
from gateway.core.errors import Refusal
from gateway.core.model import MailboxId
from gateway.demo.load import ACTOR, PARTNERS, load
from gateway.demo.partner import SSH_CONFIG, write_ssh_config

ARRIVES_AS = "order_ORD1.xml"


async def prepare(desk: Desk, folder: Path) -> str:
    """Load the demo's data into the gateway and return the text of the tour."""
    await load(desk, folder)
    first = await desk.integrations.get(PARTNERS[0].mailbox)
    where = first.addresses
    names = [(each.name.lower(), str(each.mailbox)) for each in PARTNERS]
    write_ssh_config(folder, where, names)
    lines = [
        "",
        "See an EDIFACT order of the Shop become a file for the Supplier's ERP",
        "(in a second terminal, in this folder):",
        "",
        *(f"    {command}" for command in commands(folder)),
        "",
        f"With another SFTP client: {where.host}, port {where.sftp_port}",
    ]
    for partner in PARTNERS:
        password = await _password(desk, partner.mailbox)
        lines.append(
            f"    {partner.name:<9}login {partner.mailbox}  password {password}"
        )
    return "\n".join(lines)


def commands(folder: Path) -> Sequence[str]:
    """Return three lines for a shell: put the order, look, fetch what it became."""
    here = Path.cwd()
    near = folder.relative_to(here) if folder.is_relative_to(here) else folder
    sftp = f"sftp -q -b - -F {near / SSH_CONFIG}"
    return (
        f'echo "put {near / "order.edi"} coutbox/" | {sftp} shop',
        f'echo "ls -l cinbox" | {sftp} supplier',
        f'echo "get cinbox/{ARRIVES_AS} {near}/" | {sftp} supplier',
    )


async def _password(desk: Desk, mailbox: MailboxId) -> str:
    try:
        return await desk.integrations.reveal_password(ACTOR, mailbox)
    except Refusal:
        return "(shown once, when it was made)"
