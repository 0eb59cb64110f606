"""Four ways to build the live stream wrongly. The suite has to find each of them.

Each function breaks the server it runs in; it gets the installation's folder.
"""

import re
import sqlite3
from dataclasses import replace

from sqlalchemy import select

from app.console import queries
from app.tracking import commands
from app.tracking.groups import Groups
from app.tracking.ledger import SqliteLedger
from app.tracking.live import LiveVisit
from app.tracking.models import Act
from realtime import fanout

HASTE_S = 0.3
UNIQUE = re.compile(r"\s*CONSTRAINT uq_acts_visit_id_seq UNIQUE \(visit_id, seq\),?")


def ack_before_commit(_folder):
    """Tell browsers that acts are stored while they still wait for their commit."""
    add = Groups.add

    def add_hastily(self, entry):
        self._wait_s = HASTE_S
        entry.tell(entry.acts[-1].seq if entry.acts else entry.after)
        add(self, replace(entry, tell=lambda _outcome: None))

    Groups.add = add_hastily


def no_unique_key(folder):
    """Store whatever comes, without a look at what is stored already, in a table without key."""
    db = sqlite3.connect(folder / "rapport.db")
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'acts'").fetchone()
    if UNIQUE.search(made):
        indexes = "SELECT sql FROM sqlite_master WHERE tbl_name = 'acts' AND type = 'index'"
        again = [sql for (sql,) in db.execute(indexes) if sql]
        db.executescript(";".join(["DROP TABLE acts", _without_key(made), *again]))
    db.close()
    SqliteLedger.STAY = SqliteLedger.STAY.replace("last_seq = ? AND ended", "0 <= ? AND ended")
    SqliteLedger.SEEN = SqliteLedger.SEEN.replace("last_seq = ? AND ended", "0 <= ? AND ended")
    LiveVisit.takes = lambda _self, _acts: True
    LiveVisit.write_down = _write_down_all
    commands._unseen = lambda acts, _last: list(acts)


def _without_key(made):
    return re.sub(r",\s*\)$", ")", UNIQUE.sub("", made))


def _write_down_all(self, acts, now):
    self.taken = max([self.taken, *(act.seq for act in acts)])
    return [self._row(act, now) for act in acts]


def redis_only(_folder):
    """Believe that every announcement arrives: never look into the database for what did not."""

    async def never_look(_self):
        pass

    fanout.Fanout._look = never_look
    fanout.Fanout.look_soon = lambda _self: None


def cursor_by_bare_id(_folder):
    """Look for acts with a number above the last one seen, as if they appeared in that order."""
    find, cursor, last = queries._positions, [0], {}

    async def find_by_id(db, which):
        newer = select(Act.id, Act.visit_id, Act.seq).where(Act.id > cursor[0]).order_by(Act.id)
        for cursor[0], visit_id, seq in await db.execute(newer):
            last[visit_id] = seq
        found = await find(db, which)
        return {key: position._replace(last=last.get(key, 0)) for key, position in found.items()}

    queries._positions = find_by_id
    fanout.LOOK_EVERY_S = 0.05


DEFECTS = {
    "ack-before-commit": ack_before_commit,
    "no-unique-key": no_unique_key,
    "redis-only": redis_only,
    "cursor-by-bare-id": cursor_by_bare_id,
}
