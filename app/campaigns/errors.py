"""What can go wrong with campaigns."""

from app.errors import ConflictError


class CampaignStateError(ConflictError):
    """Launching a live campaign, closing a draft."""

    code = "campaign_state"


class StaleEditError(ConflictError):
    """Saving on sight of something that was changed since. `revision` is the present one."""

    code = "stale_edit"

    def __init__(self, revision: int) -> None:
        super().__init__(
            "This campaign was changed meanwhile, in another tab or by a colleague."
            " What you typed is still here: save once more to put it in place."
        )
        self.revision = revision
