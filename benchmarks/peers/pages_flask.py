"""The personal page the way one writes it with Flask, Jinja2 and SQLAlchemy's ORM.

The same rows of the same database, read for every request, and a page of the same size. Served by
gunicorn in an environment of its own: gunicorn pages_flask:app
"""

import hmac
import json
import os
from base64 import urlsafe_b64encode
from hashlib import sha256

from flask import Flask, abort, make_response, render_template, request
from sqlalchemy import create_engine, select
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

SECRET = os.environ["SECRET_KEY"].encode()
engine = create_engine(f"sqlite:///{os.environ['DATABASE']}")
Base = automap_base()
Base.prepare(autoload_with=engine)
tables = Base.classes
Browser, Link, Site = tables.site_browsers, tables.personal_links, tables.sites
Version, Campaign, Prospect = tables.site_versions, tables.campaigns, tables.prospects
Company, User, Workspace = tables.companies, tables.users, tables.workspaces
Answer, Consent = tables.answers, tables.consents

app = Flask(__name__, template_folder="views")


def signed(text):
    """Return the signature of a text."""
    return hmac.new(SECRET, text.encode(), sha256).hexdigest()


def read(db, site_id, token):
    """Return what the page shows, None for a browser that may not see it."""
    key = site_id.replace("-", "")
    mine = (Browser.token_digest == sha256(token.encode()).hexdigest()) & (Browser.site_id == key)
    entry = select(Browser).join(Link, Link.id == Browser.link_id)
    browser = db.scalar(entry.where(mine, Link.revoked_at.is_(None)))
    if browser is None:
        return None
    query = (
        select(Site, Version, Campaign, Prospect, Company, User, Workspace)
        .join(Version, (Version.site_id == Site.id) & (Version.number == Site.published_number))
        .join(Campaign, Campaign.id == Site.campaign_id)
        .join(Prospect, Prospect.id == Site.prospect_id)
        .join(User, User.id == Prospect.owner_id)
        .join(Workspace, Workspace.id == Site.workspace_id)
        .outerjoin(Company, Company.id == Prospect.company_id)
    )
    site, version, campaign, prospect, company, user, workspace = db.execute(
        query.where(Site.id == key)
    ).one()
    answers = db.scalars(select(Answer).where(Answer.site_id == key)).all()
    newest = select(Consent).where(Consent.browser_id == browser.id)
    claims = json.dumps([site.workspace_id, campaign.id, user.id, browser.id])
    return {
        "id": site_id, "campaign": campaign, "prospect": prospect, "company": company,
        "user": user, "workspace": workspace, "offer": campaign.offer,
        "composition": version.composition,
        "answers": {one.module_key: one.answers for one in answers},
        "choice": db.scalar(newest.order_by(Consent.at.desc()).limit(1)),
        "csrf": signed(token),
        "page": f"{urlsafe_b64encode(claims.encode()).decode()}.{signed(claims)}",
    }  # fmt: skip


@app.get("/s/<site_id>/")
def show_site(site_id):
    """Show the personal page."""
    with Session(engine) as db:
        token = request.cookies.get("site")
        shown = read(db, site_id, token) if token else None
        if shown is None:
            abort(404)
        response = make_response(render_template("page.html", **shown))
    response.headers["Cache-Control"] = "no-store"
    return response
