"""What one visitor's acts became: on the device, and in the server's database."""

import asyncio
import inspect
import json
import sqlite3

from tests.browser.conftest import SCREENS

ACTS_ON_DEVICE = """async () => {
  const [{ name } = {}] = await indexedDB.databases()
  if (!name) return []
  const db = await new Promise((resolve) => {
    const asked = indexedDB.open(name)
    asked.onsuccess = () => resolve(asked.result)
  })
  const asked = db.transaction("acts").objectStore("acts").getAll()
  const acts = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result) })
  db.close()
  return acts
}"""
END_LEASES = """async () => {
  const [{ name }] = await indexedDB.databases()
  const db = await new Promise((resolve) => {
    const asked = indexedDB.open(name)
    asked.onsuccess = () => resolve(asked.result)
  })
  const writing = db.transaction("leases", "readwrite")
  writing.objectStore("leases").clear()
  await new Promise((resolve) => { writing.oncomplete = resolve })
  db.close()
}"""


async def eventually(holds):
    """Wait until something is so: another process or a page is at it."""
    async with asyncio.timeout(40):
        while True:
            found = holds()
            if await found if inspect.isawaitable(found) else found:
                return
            await asyncio.sleep(0.05)


class Trail:
    """What the server's database holds of the visits of one test."""

    def __init__(self, server):
        self.path = next(server.folder.glob("*.db"))
        ((self.first,),) = self._read("SELECT coalesce(max(id), 0) FROM acts")

    def _read(self, sql, *values):
        with sqlite3.connect(self.path, timeout=10) as db:
            return db.execute(sql, values).fetchall()

    def acts(self):
        """Return (visit, seq, kind, target) in the order they were stored."""
        return self._read(
            "SELECT visit_id, seq, kind, target FROM acts WHERE id > ? ORDER BY id", self.first
        )

    def pressed(self):
        """Return the targets of what `press` did, in the order of their numbers."""
        named = [each for each in self.acts() if each[3].startswith("press-")]
        return [int(target.removeprefix("press-")) for *_, target in named]

    def details_of_last(self):
        ((details,),) = self._read("SELECT details FROM acts ORDER BY id DESC LIMIT 1")
        return json.loads(details)

    def visits(self):
        return list(dict.fromkeys(visit for visit, *_ in self.acts()))

    def end_visits(self):
        """End every visit, as silence would."""
        with sqlite3.connect(self.path, timeout=10) as db:
            db.execute("UPDATE visits SET ended_at = seen_at WHERE ended_at IS NULL")

    async def until_pressed(self, count):
        """Wait for so many, and see that each is there once, in order and without gaps."""
        await eventually(lambda: len(self.pressed()) >= count)
        await asyncio.sleep(0.3)  # time for one too many
        assert sorted(self.pressed()) == list(range(count))
        for visit in self.visits():
            mine = [each for each in self.acts() if each[0] == visit]
            assert [seq for _, seq, *_ in mine] == list(range(1, len(mine) + 1))
            presses = [int(target[6:]) for *_, target in mine if target.startswith("press-")]
            assert presses == sorted(presses)


async def agree(context, server):
    """Open the personal site and say yes."""
    page = await context.new_page()
    await page.goto(server.demo["personal_site_url"])
    yes = page.locator('.consent [data-consent="yes"]')
    if await yes.count():
        await yes.click()
    await live(page)
    return page


async def until(page, expression):
    """Wait until something is true on a page, whose policy forbids Playwright's own way."""
    await eventually(lambda: page.evaluate(expression))


async def live(page):
    await until(page, "window.rapport?.live === true")


async def stored(trail, kind="opened", count=1):
    """Wait until the server has so many acts of a kind."""
    await eventually(lambda: [each[2] for each in trail.acts()].count(kind) >= count)


async def press(page, *numbers, act="clicked"):
    """Do things on the page that can be told apart afterwards."""
    await page.evaluate(
        """([kind, numbers]) => { for (const number of numbers) window.rapport.act(
          { kind, name: "test.press", target: `press-${number}` }) }""",
        [act, list(numbers)],
    )


async def on_device(page, count):
    """Wait until so many of what `press` did lie on the device."""

    async def are_there():
        acts = [each["act"] for each in await page.evaluate(ACTS_ON_DEVICE)]
        return len([1 for act in acts if act.get("name") == "test.press"]) == count

    await eventually(are_there)


async def crash(page):
    """Let the tab die without a word."""
    session = await page.context.new_cdp_session(page)
    died = asyncio.get_running_loop().create_future()
    page.on("crash", lambda _: died.done() or died.set_result(None))
    dying = asyncio.ensure_future(session.send("Page.crash"))
    await asyncio.wait_for(died, 10)
    dying.cancel()


async def photograph(page, name):
    """Take pictures of what is in view, wide and narrow, light and dark."""
    for width, size in {"desktop": (1280, 900), "phone": (390, 844)}.items():
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png")
