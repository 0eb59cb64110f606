// htmx for every rep page; what it does stands in the markup.
import "htmx.org"
