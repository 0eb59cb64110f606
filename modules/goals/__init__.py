"""The room "goals"."""

from modules.goals.module import Goals

module = Goals()
