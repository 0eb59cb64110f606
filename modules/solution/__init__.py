"""The room "solution"."""

from modules.solution.module import Solution

module = Solution()
