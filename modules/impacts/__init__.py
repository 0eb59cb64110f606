"""The room "impacts"."""

from modules.impacts.module import Impacts

module = Impacts()
