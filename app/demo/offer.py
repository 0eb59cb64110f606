"""What the demo sells: Ledgerline, software that looks after invoices until they are paid."""

from app.campaigns.shapes import Brand, FormField, Offer, OwnAct, PlacedModule, Point, Tracked
from modules.registry import all_modules

ORDER = ("goals", "problems", "impacts", "outcomes", "roi", "solution", "testimonial", "text")

OFFER = Offer(
    headline="Invoices that look after themselves",
    pitch=(
        "Ledgerline reads every invoice, finds its order, asks the right person once and pays on"
        " the best day. Your finance team closes the month days earlier and stops chasing."
    ),
    product="Ledgerline",
    product_text=(
        "Ledgerline sits between your inbox and your accounting system. It takes invoices from"
        " mail, portals and paper, reads them line by line, matches them with orders and"
        " contracts, and brings each one to the person who can say yes.\n\n"
        "What does not fit is shown with the reason. What fits is paid: early where a discount is"
        " worth it, on time everywhere else."
    ),
    company="Ledgerline",
    company_text=(
        "We are sixty people in London and Berlin, most of whom have closed books themselves."
        " Four hundred companies pay two million invoices a year with us."
    ),
    points=(
        Point(
            title="Approvals in a day",
            text="One question to the right person, by mail, chat or phone.",
        ),
        Point(
            title="No typing", text="Nine of ten invoices are read, coded and matched untouched."
        ),
        Point(
            title="Paid on the best day",
            text="Discounts taken, late fees gone, suppliers who trust you.",
        ),
    ),
    call_to_action="Get my personal site",
)
BRAND = Brand(colour="#1d4f6e", accent="#e08e45", type="editorial", logo_text="Ledgerline")
FORM = (FormField(name="accounting_system", label="Which accounting system do you use?"),)
TRACKED = Tracked(own=(OwnAct(name="price-list.open", label="Opened the price list"),))


def placed() -> tuple[PlacedModule, ...]:
    """Return the eight modules with their own example settings, which tell of this product."""
    return tuple(
        PlacedModule(
            key=kind, kind=kind, settings=all_modules()[kind].settings().model_dump(mode="json")
        )
        for kind in ORDER
    )
