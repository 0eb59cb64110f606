"""Where to go after signing in: only ever a page of ours."""

FIRST_PAGE = "/console"
LONGEST = 1000


def own_path(text: str | None) -> str:
    r"""Return `text` if it is a path on this server, else the first page.

    Browsers read `//host`, `/\host` and a tab inside a path as another host, so none passes.
    """
    wanted = text or ""
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if is_plain and is_path and len(wanted) <= LONGEST else FIRST_PAGE
