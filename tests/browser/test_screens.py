"""A picture of every page in var/screens, wide and narrow, light and dark, for people to look at.

While it is there, each page is held to what a browser can tell: no error in its console, nothing
fetched from elsewhere, nothing wider than the screen, every picture and field named.
"""

import re
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.browser.conftest import SCREENS, sign_in

pytestmark = pytest.mark.no_database

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
UNNAMED = """() => [...document.querySelectorAll("input, select, textarea, button, a, img")]
  .filter((el) => el.type !== "hidden" && !el.closest("[hidden], [aria-hidden=true]"))
  .filter((el) => el.tagName === "IMG" ? !el.hasAttribute("alt")
    : !(el.labels?.length || el.textContent.trim() || el.getAttribute("aria-label")
        || el.getAttribute("aria-labelledby") || el.title || el.value || el.querySelector("img[alt]")))
  .map((el) => el.outerHTML.slice(0, 120))"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Photographer:
    """Opens pages in one browser context and takes their pictures."""

    def __init__(self, context, server):
        self.context = context
        self.server = server
        self.complaints = []

    async def open(self, path):
        page = await self.context.new_page()
        page.on("console", lambda line: self._note(page, line.type == "error", line.text))
        page.on("pageerror", lambda error: self._note(page, True, str(error)))
        page.on("request", lambda request: self._note_foreign(page, request.url))
        url = path if path.startswith("http") else self.server.url + path
        await page.goto(url)
        return page

    async def take(self, name, path, *, prepare=None, status_is_fine=False):
        page = await self.open(path)
        if status_is_fine:
            self.complaints = [said for said in self.complaints if "status of" not in said]
        if prepare:
            await prepare(page)
        await page.wait_for_load_state("networkidle")
        for width, (wide, high) in WIDTHS.items():
            await page.set_viewport_size({"width": wide, "height": high})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png", full_page=True)
            over = await page.evaluate(TOO_WIDE)
            self._note(page, over > 0, f"is {over} px wider than a {width}")
        unnamed = await page.evaluate(UNNAMED)
        self._note(page, bool(unnamed), f"has controls without a name: {unnamed}")
        await page.close()

    def _note(self, page, is_wrong, words):
        if is_wrong:
            self.complaints.append(f"{page.url}: {words}")

    def _note_foreign(self, page, url):
        host = urlsplit(url).netloc
        self._note(page, bool(host) and host != urlsplit(self.server.url).netloc, f"asks {url}")


@pytest_asyncio.fixture
async def visitor(chromium, server):
    """Somebody without an account."""
    return Photographer(await chromium.new_context(reduced_motion="reduce"), server)


@pytest_asyncio.fixture
async def admin(chromium, server):
    """The demo's admin, who sees every page of the workspace."""
    context = await chromium.new_context(reduced_motion="reduce")
    page = await context.new_page()
    await sign_in(page, server, "admin")
    await page.close()
    return Photographer(context, server)


async def first_link(photographer, path, pattern):
    """Return the first address on a page that matches, to find pages by their ids."""
    page = await photographer.open(path)
    await page.wait_for_load_state("networkidle")
    hrefs = await page.eval_on_selector_all("a[href]", "els => els.map(el => el.pathname)")
    await page.close()
    return next(href for href in hrefs if re.fullmatch(pattern, href))


ID = "[0-9a-f-]{36}"


async def test_visitors_pages(visitor, server):
    async def agree(page):
        await page.locator('[data-consent="yes"]').click()
        await page.wait_for_timeout(600)

    demo = server.demo
    await visitor.take("sign-in", "/sign-in")
    await visitor.take("forgotten", "/sign-in/forgotten")
    await visitor.take("campaign-site", demo["campaign_site_url"])
    await visitor.take("personal-site-asking", demo["personal_site_url"])
    await visitor.take("personal-site", demo["personal_site_url"], prepare=agree)
    await visitor.take("no-way-in", "/p/not-a-link", status_is_fine=True)
    await visitor.take("nothing-here", "/nothing/here", status_is_fine=True)
    assert visitor.complaints == []


async def test_a_lead_forms_problems(visitor, server):
    async def send_empty(page):
        await page.locator('[data-consent="no"]').click()
        await page.locator('#lead [name="name"]').fill("<b>Grace</b>")
        await page.locator('[data-act="lead.send"]').click()
        await page.wait_for_timeout(500)

    await visitor.take(
        "lead-form-problems", server.demo["campaign_site_url"], prepare=send_empty,
        status_is_fine=True,
    )  # fmt: skip
    assert [said for said in visitor.complaints if "422" not in said] == []


async def test_reps_pages(admin):
    person = await first_link(admin, "/prospects?q=Okafor", f"/prospects/{ID}")
    campaign = await first_link(admin, "/campaigns", f"/campaigns/{ID}")
    trail = await first_link(admin, "/console", f"/console/visits/{ID}")
    site = await first_link(admin, person, f"/sites/{ID}")
    mail = await first_link(admin, "/outbox", f"/outbox/{ID}")
    company = await first_link(admin, person, f"/companies/{ID}")
    pages = {
        "console": "/console", "visit-trail": trail, "brief": f"{person}/brief",
        "prospects": "/prospects", "prospects-none": "/prospects?q=nobody-at-all",
        "person": person, "companies": "/companies", "company": company,
        "import": "/prospects/imports/new", "campaigns": "/campaigns", "campaign": campaign,
        "campaign-modules": f"{campaign}/modules", "letter": f"{campaign}/letter",
        "recipients": f"{campaign}/letter/recipients", "site-versions": site,
        "outbox": "/outbox", "mail": mail, "account": "/account", "team": "/team",
        "workspace": "/workspace", "operations": "/operations", "person-edit": f"{person}/edit",
        "company-edit": f"{company}/edit", "campaign-new": "/campaigns/new",
        "campaign-look": f"{campaign}/look", "campaign-form": f"{campaign}/form",
        "campaign-tracking": f"{campaign}/tracking", "module-settings": f"{campaign}/modules/goals",
        "personal-site-preview": f"{campaign}/preview", "mail-text": f"{mail}?as=text",
    }  # fmt: skip
    for name, path in pages.items():
        await admin.take(name, path)
    assert admin.complaints == []


PEOPLE = b"""Name;Mail;Firma;Land
Ada Lovelace;ada@engines.example;Analytical Engines;UK
<b>Nobody</b>;not an address;;
Alan Turing;alan@machines.example;Machines;UK
"""


async def test_an_import_under_way_and_done(admin):
    async def upload(page):
        people = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE}
        await page.locator("#import-file").set_input_files(people)
        await page.locator("#import-file").evaluate("el => el.form.requestSubmit()")
        await page.wait_for_url(re.compile(f"/prospects/imports/{ID}"))

    async def bring_in(page):
        await upload(page)
        await page.get_by_role("button", name=re.compile("^Import ")).click()
        await page.wait_for_load_state("networkidle")

    await admin.take("import-review", "/prospects/imports/new", prepare=upload)
    await admin.take("import-done", "/prospects/imports/new", prepare=bring_in)
    assert admin.complaints == []


async def test_pages_that_a_letter_or_a_form_leads_to(admin, visitor, server):
    async def invite(page):
        await page.locator('[name="email"]').fill("new@ledgerline.example")
        await page.locator('[name="name"]').fill("Noor Haddad")
        await page.locator('[name="name"]').press("Enter")
        await page.wait_for_load_state("networkidle")

    async def ask(page):
        await page.locator('[data-consent="no"]').click()
        await page.locator('#lead [name="name"]').fill("Grace Hopper")
        await page.locator('#lead [name="email"]').fill("grace@compilers.example")
        await page.locator('[data-act="lead.send"]').click()
        await page.wait_for_url(re.compile("thanks"))

    async def forget(page):
        await page.locator('[name="email"]').fill("rita@ledgerline.example")
        await page.locator('[name="email"]').press("Enter")
        await page.wait_for_load_state("networkidle")

    await admin.take("team-invited", "/team", prepare=invite)
    account_mail = await first_link(admin, "/outbox", f"/outbox/{ID}")
    invitation = await first_link(admin, account_mail, "/invitation/.+")
    letter = await first_link(admin, "/outbox?page=1&tab=kept", f"/outbox/{ID}(?<!{account_mail})")
    await visitor.take("invitation", invitation)
    await visitor.take("unsubscribe", await first_link(admin, letter, "/u/.+"))
    await visitor.take("lead-thanks", server.demo["campaign_site_url"], prepare=ask)
    await visitor.take("forgotten-sent", "/sign-in/forgotten", prepare=forget)
    await visitor.take("link-over", "/sign-in/link/used-long-ago", status_is_fine=True)
    await admin.take("personal-site-as-colleague", server.demo["personal_site_url"])
    assert admin.complaints + visitor.complaints == []
