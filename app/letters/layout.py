"""The letter as MJML: the brand above, the rep's words, the signature, and the foot that stays."""

import re
from html import escape

from app.campaigns.colours import ink_on
from app.campaigns.shapes import Brand
from app.letters.merge import LINK, Field
from app.letters.shapes import LetterText, Sender
from app.letters.slots import Slots

BUTTON = re.compile(r"\{button:\s*(.+?)\s*\}")
UNSUBSCRIBE = "unsubscribe_link"
LETTER_TEXT = "{letter_text}"
BODY_END = "</mj-body>"
SANS = "Inter, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
SERIF = "Georgia, 'Times New Roman', serif"
FONTS = {
    "modern": (SANS, SANS),
    "editorial": (SANS, SERIF),
    "classic": (SERIF, SERIF),
    "system": (SANS, SANS),
}
"""Body and banner font of each type, of what mail programs have without fetching anything."""

NOTICE = (
    "Your personal link opens a page made for you. Only if you agree there,"
    " {rep_name} sees what you click on it. You can say no and still use everything."
)
HEAD = """<mj-head>
<mj-raw><meta name="color-scheme" content="light dark"/></mj-raw>
<mj-attributes><mj-all font-family="{font}"/>
<mj-text font-size="16px" line-height="1.6" color="#1b2321" padding="0 32px 16px"/>
<mj-section padding="0"/></mj-attributes>
<mj-style>
a {{ color: inherit; }}
@media (prefers-color-scheme: dark) {{
  body, .page {{ background: #121615 !important; background-color: #121615 !important; }}
  .paper, .paper > table {{ background: #1a201e !important; background-color: #1a201e !important; }}
  .ink div {{ color: #e9ecea !important; }}
  .soft div {{ color: #a3aeaa !important; }}
}}
</mj-style></mj-head>"""


def drawn_source(letter: LetterText, brand: Brand, sender: Sender, slots: Slots) -> str:
    """Return the MJML of a letter in the campaign's brand."""
    head = HEAD.format(font=FONTS[brand.type][0])
    return (
        f'<mjml lang="en">{head}<mj-body css-class="page" background-color="#f1f0ec">'
        f"{_banner(brand, sender)}"
        '<mj-section css-class="paper" background-color="#ffffff" padding="32px 0 16px">'
        f"<mj-column>{_blocks(letter.text, brand, slots)}{_signature(sender, slots)}</mj-column>"
        f"</mj-section>{_foot(sender, slots)}</mj-body></mjml>"
    )


def own_source(letter: LetterText, brand: Brand, sender: Sender, slots: Slots) -> str:
    """Return somebody's own MJML with what no letter goes without: the link and the foot."""
    words = "".join(f"<p>{_lines(block, slots)}</p>" for block in paragraphs(letter.text))
    pieces = letter.mjml.split(LETTER_TEXT)
    source = words.join(slots.source(piece, {UNSUBSCRIBE}) for piece in pieces)
    if not any(field.name == LINK for field in slots.fields):
        button = _button("Open my personal page", brand, slots)
        source = _before_end(source, _section(f"<mj-column>{button}</mj-column>"))
    return _before_end(source, _foot(sender, slots))


def has_link(letter: LetterText) -> bool:
    """Whether the rep's words already lead to the personal page."""
    return bool(re.search(r"\{button:|\{personal_link[}|]", letter.text))


def paragraphs(text: str) -> list[str]:
    """Return the blocks of a text: what empty lines separate, and each button by itself."""
    blocks: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n"):
        if BUTTON.fullmatch(line.strip()):
            blocks += [[line.strip()], []]
        elif line.strip():
            blocks[-1].append(line.rstrip())
        else:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _blocks(text: str, brand: Brand, slots: Slots) -> str:
    """Return paragraphs and buttons; a button is added where the rep forgot the link."""
    drawn = []
    for block in paragraphs(text):
        button = BUTTON.fullmatch(block)
        drawn.append(
            _button(button[1], brand, slots)
            if button
            else f'<mj-text css-class="ink">{_lines(block, slots)}</mj-text>'
        )
    if not has_link(LetterText("", text)):
        drawn.append(_button("Open my personal page", brand, slots))
    return "".join(drawn)


def _lines(block: str, slots: Slots) -> str:
    """Return a paragraph's lines; a bare personal link can be clicked."""
    button = BUTTON.fullmatch(block)
    if button:
        return f'<a href="{slots.hold(Field(LINK))}">{slots.text(button[1])}</a>'
    text = slots.text(block).replace("\n", "<br/>")
    for number, field in enumerate(slots.fields):
        if field.name == LINK:
            mark = slots.mark(number)
            text = text.replace(mark, f'<a href="{mark}">{mark}</a>')
    return text


def _button(words: str, brand: Brand, slots: Slots) -> str:
    """Return a button to the personal page."""
    label = slots.text(words)
    href = slots.hold(Field(LINK))
    return (
        f'<mj-button href="{href}" align="left" background-color="{brand.colour}"'
        f' color="{ink_on(brand.colour)}" font-size="16px" font-weight="600" border-radius="8px"'
        f' inner-padding="14px 26px" padding="8px 32px 24px">{label}</mj-button>'
    )


def _banner(brand: Brand, sender: Sender) -> str:
    """Return the coloured band with the company's name."""
    name = escape(brand.logo_text or sender.company, quote=False)
    font = FONTS[brand.type][1]
    return _section(
        f'<mj-column><mj-text font-family="{font}" font-size="21px" font-weight="700"'
        f' padding="22px 32px"'
        f' color="{ink_on(brand.colour)}">{name}</mj-text></mj-column>',
        f' background-color="{brand.colour}"',
    )


def _signature(sender: Sender, slots: Slots) -> str:
    """Return the rep's name, title and phone, as far as they are known."""
    rows = [f"<strong>{slots.text('{rep_name}')}</strong>"]
    if sender.title:
        rows.append(slots.text("{rep_title}"))
    if sender.company:
        rows.append(slots.text("{sender_company}"))
    if sender.phone:
        rows.append(slots.text("{rep_phone}"))
    return f'<mj-text css-class="ink">{"<br/>".join(rows)}</mj-text>'


def _foot(sender: Sender, slots: Slots) -> str:
    """Return what stands under every letter: the notice, who sends it, and the way out."""
    who = escape(sender.who, quote=False)
    out = slots.hold(Field(UNSUBSCRIBE))
    style = ' css-class="soft" font-size="13px" line-height="1.5" color="#56615d"'
    return _section(
        f'<mj-column><mj-text{style} padding="20px 32px 8px">{slots.text(NOTICE)}</mj-text>'
        f'<mj-text{style} padding="0 32px 32px">Sent by {slots.text("{rep_name}")}, {who}. '
        f'<a href="{out}">Unsubscribe</a></mj-text></mj-column>'
    )


def _section(content: str, attributes: str = "") -> str:
    """Return a section."""
    return f"<mj-section{attributes}>{content}</mj-section>"


def _before_end(source: str, addition: str) -> str:
    """Put something at the end of the body."""
    head, end, tail = source.rpartition(BODY_END)
    return f"{head}{addition}{end}{tail}"
