"""The room "problems"."""

from modules.problems.module import Problems

module = Problems()
