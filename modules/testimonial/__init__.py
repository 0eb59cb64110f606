"""The room "testimonial"."""

from modules.testimonial.module import Testimonial

module = Testimonial()
