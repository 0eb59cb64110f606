// Durable by SQLite: MODE=single commits every message, MODE=group what came in one turn of the
// event loop. SYNC=NORMAL or FULL. DATABASE names the file.
import Database from "better-sqlite3"
import { COLUMNS, rowsOf } from "./acts.js"
import { serve } from "./live.js"

const db = new Database(process.env.DATABASE)
db.pragma("journal_mode = WAL")
db.pragma(`synchronous = ${process.env.SYNC}`)
db.exec(`
  CREATE TABLE acts (
    id INTEGER PRIMARY KEY, workspace_id CHAR(32) NOT NULL, visit_id CHAR(32) NOT NULL,
    seq INTEGER NOT NULL, kind VARCHAR(10) NOT NULL, name VARCHAR(60) NOT NULL,
    module VARCHAR(60) NOT NULL, target VARCHAR(200) NOT NULL, text VARCHAR(300) NOT NULL,
    details JSON NOT NULL, is_repeat BOOLEAN NOT NULL, happened_at DATETIME NOT NULL,
    stored_at DATETIME NOT NULL, UNIQUE (visit_id, seq)
  );
  CREATE INDEX ix_acts_visit_id_kind_name ON acts (visit_id, kind, name);
`)
const insert = db.prepare(
  `INSERT OR IGNORE INTO acts (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`,
)
const store = db.transaction((rows) => {
  for (const row of rows) insert.run(row)
})

let waiting = []

function flush() {
  const group = waiting
  waiting = []
  store(group.flatMap(({ rows }) => rows))
  for (const { done } of group) done()
}

const takers = {
  single(rows, done) {
    if (rows.length === 1) insert.run(rows[0])
    else store(rows)
    done()
  },
  group(rows, done) {
    waiting.push({ rows, done })
    if (waiting.length === 1) setImmediate(flush)
  },
}
const take = takers[process.env.MODE]

serve((seat, acts, done, refuse) => {
  const rows = rowsOf(seat, acts)
  if (rows === null) refuse("malformed")
  else take(rows, done)
})
