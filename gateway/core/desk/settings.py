"""The switches of the whole appliance."""

from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.integration import Settings


class SettingsDesk(Protocol):
    """Read and write the appliance's settings."""

    async def get(self) -> Settings: ...

    async def change(
        self,
        actor: Actor,
        integrations_enabled: bool | None,  # noqa: FBT001 - a setting, not a flag
        show_passwords_once: bool | None,  # noqa: FBT001 - a setting, not a flag
    ) -> Settings:
        """Write what is not None."""
        ...
