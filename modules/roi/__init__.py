"""The ROI room: what it brings, what it costs, and how sure one can be."""

from modules.roi.module import Roi

module = Roi()
