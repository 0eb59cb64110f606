"""Where a message is and what happens next, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.mail.models import Mail, MailState

TABS = {
    "all": ("All", ()),
    "waiting": ("Waiting", (MailState.QUEUED, MailState.SENDING, MailState.DEFERRED)),
    "sent": ("Sent", (MailState.ACCEPTED,)),
    "unclear": ("Unclear", (MailState.UNKNOWN,)),
    "stopped": ("Not sent", (MailState.FAILED, MailState.SUPPRESSED)),
    "kept": ("Kept here", (MailState.KEPT,)),
}
"""The tabs of the outbox: label and the states in it; no states means all of them."""

LABELS = {
    MailState.QUEUED: ("On its way", ""),
    MailState.SENDING: ("Being handed over", ""),
    MailState.ACCEPTED: ("Sent", "good"),
    MailState.DEFERRED: ("Waiting", "warn"),
    MailState.FAILED: ("Not sent", "bad"),
    MailState.UNKNOWN: ("Unclear", "warn"),
    MailState.KEPT: ("Kept here", ""),
    MailState.SUPPRESSED: ("Not sent", ""),
}
NEXT = {
    MailState.QUEUED: "It goes out in a moment.",
    MailState.SENDING: "The mail server is taking it right now.",
    MailState.ACCEPTED: "The mail server took it.",
    MailState.UNKNOWN: (
        "The connection broke while the message was handed over, so nobody can know whether it"
        " arrived. It is not sent again by itself. Ask, or decide here."
    ),
    MailState.KEPT: "No mail server is set: letters stay here.",
    MailState.SUPPRESSED: "This person has unsubscribed, so nothing was sent.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A message's state for people: a badge, what happens next, and when, if that is known."""

    label: str
    tone: str
    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the outbox with how many messages are in it."""

    key: str
    label: str
    count: int


def standing_of(mail: Mail) -> Standing:
    """Say where a message is."""
    state = MailState(mail.state)
    label, tone = LABELS[state]
    if state is MailState.DEFERRED:
        return Standing(label, tone, _waiting(mail), mail.next_try_at)
    if state is MailState.FAILED:
        said = mail.reply or "no reason given"
        return Standing(label, tone, f"It could not be delivered: {said}. Nothing more is tried.")
    return Standing(label, tone, NEXT[state])


def tabs_for(counts: Mapping[MailState, int]) -> list[Tab]:
    """Return the tabs that have something in them, and "All"."""
    tabs = [
        Tab(key, label, sum(counts.get(state, 0) for state in states or counts))
        for key, (label, states) in TABS.items()
    ]
    return [tab for tab in tabs if tab.count or tab.key == "all"]


def _waiting(mail: Mail) -> str:
    """Say why a message waits; a time follows."""
    reply = mail.reply or ""
    if reply[:1].isdigit():
        return f"The mail server said “not now” ({reply}): the letter waits and is retried at"
    return "SMTP is down: the letter waits and is retried at"
