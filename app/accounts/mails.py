"""The account mails, in words. They are private: the links in them open an account."""

from app.accounts.models import LinkPurpose, User
from app.config import settings
from app.mail.message import Outgoing, calm

PATHS = {
    LinkPurpose.INVITATION: "/invitation/",
    LinkPurpose.RESET: "/reset/",
    LinkPurpose.SIGN_IN: "/sign-in/link/",
}


def link_address(purpose: LinkPurpose, token: str) -> str:
    """Return the full address of an account link."""
    return f"{settings().base_url}{PATHS[purpose]}{token}"


def invitation_mail(user: User, *, token: str, workspace: str, inviter: str) -> Outgoing:
    """Ask a new colleague to choose a password."""
    return _to(
        user,
        f"{inviter} invites you to {workspace}",
        f"{inviter} has made an account for you at {workspace}.",
        f"Choose a password and you are in:\n{link_address(LinkPurpose.INVITATION, token)}",
        "The link works once, for 7 days. If you did not expect this mail, just ignore it.",
    )


def reset_mail(user: User, *, token: str, workspace: str) -> Outgoing:
    """Send a link to choose a new password."""
    return _to(
        user,
        f"Choose a new password for {workspace}",
        f"Somebody, hopefully you, asked for a new password for your account at {workspace}.",
        f"Choose it here:\n{link_address(LinkPurpose.RESET, token)}",
        "The link works once, for an hour. If it was not you, ignore this mail.",
    )


def sign_in_mail(user: User, *, token: str, workspace: str) -> Outgoing:
    """Send a link that signs in without a password."""
    return _to(
        user,
        f"Your sign-in link for {workspace}",
        f"Here is the link you asked for to sign in at {workspace}:",
        link_address(LinkPurpose.SIGN_IN, token),
        "It works once, for 15 minutes. If it was not you, ignore this mail: nobody is signed in.",
    )


def password_changed_mail(user: User) -> Outgoing:
    """Tell somebody that their password is a new one, in case it was not them."""
    return _to(
        user,
        "Your password was changed",
        "The password of your account was changed a moment ago.",
        "If that was you, all is well and you have nothing to do.",
        f"If it was not, choose another one now:\n{settings().base_url}/sign-in/forgotten",
    )


def _to(user: User, subject: str, *paragraphs: str) -> Outgoing:
    """Return a plain mail to a user."""
    text = "\n\n".join([f"Hello {user.name},", *paragraphs])
    return Outgoing(
        workspace_id=user.workspace_id,
        to_email=user.email,
        to_name=calm(user.name),
        subject=calm(subject),
        text=f"{text}\n",
        is_private=True,
    )
