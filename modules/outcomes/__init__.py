"""The room "outcomes"."""

from modules.outcomes.module import Outcomes

module = Outcomes()
