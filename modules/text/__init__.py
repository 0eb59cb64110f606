"""The room "text"."""

from modules.text.module import Text

module = Text()
