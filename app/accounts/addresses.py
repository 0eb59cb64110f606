"""E-mail and network addresses in the one form they are compared in."""

from ipaddress import IPv6Address, ip_address, ip_network

from email_validator import EmailNotValidError, validate_email


def normalise_email(text: str) -> str:
    """Return an e-mail address as it is stored and compared. Raises ValueError for anything else.

    Upper and lower case are one: two people who differ only in that do not exist in practice,
    and one person who types it differently does. Other alphabets are fine in the domain (kept in
    its ASCII form) but not before the @, where mail servers still refuse them.
    """
    try:
        checked = validate_email(
            text.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
        )
    except EmailNotValidError as refusal:
        raise ValueError("This does not look like an e-mail address.") from refusal
    return (checked.ascii_email or checked.normalized).casefold()


def find_email(text: str) -> str | None:
    """Return the normalised address, or None when the text is none."""
    try:
        return normalise_email(text)
    except ValueError:
        return None


def network_of(remote: str | None) -> str:
    """Return who shares a connection: an IPv4 address, or the /64 of an IPv6 address.

    One customer gets a whole /64, so a single IPv6 address would be no limit at all.
    """
    try:
        address = ip_address(remote or "")
    except ValueError:
        return (remote or "unknown")[:60]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, 64), strict=False))
