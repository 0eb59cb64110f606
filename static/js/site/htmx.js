// htmx for visitors' pages; what it does stands in the markup.
import "htmx.org"
