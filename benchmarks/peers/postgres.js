// Durable by PostgreSQL through pg: MODE=single commits every message on one of ten connections,
// MODE=group all that came while the last group was under way. DATABASE is a connection string.
import pg from "pg"
import { COLUMNS, rowsOf } from "./acts.js"
import { serve } from "./live.js"

const TYPES = [
  ["workspace_id", "uuid"],
  ["visit_id", "uuid"],
  ["seq", "integer"],
  ["kind", "varchar(10)"],
  ["name", "varchar(60)"],
  ["module", "varchar(60)"],
  ["target", "varchar(200)"],
  ["text", "varchar(300)"],
  ["details", "json"],
  ["is_repeat", "boolean"],
  ["happened_at", "timestamptz"],
  ["stored_at", "timestamptz"],
]
const pool = new pg.Pool({ connectionString: process.env.DATABASE, max: 10 })
await pool.query(`
  CREATE TABLE acts (
    id bigserial PRIMARY KEY, ${TYPES.map(([name, type]) => `${name} ${type} NOT NULL`).join(", ")},
    UNIQUE (visit_id, seq)
  );
  CREATE INDEX ix_acts_visit_id_kind_name ON acts (visit_id, kind, name);
`)
const arrays = TYPES.map(([, type], nth) => `$${nth + 1}::${type.replace(/\(.*/, "")}[]`)
const insert = {
  name: "acts",
  text: `INSERT INTO acts (${COLUMNS.join(", ")}) SELECT * FROM unnest(${arrays.join(", ")})
    ON CONFLICT DO NOTHING`,
}
const store = (rows) =>
  pool.query({ ...insert, values: COLUMNS.map((_, nth) => rows.map((row) => row[nth])) })

let waiting = []
let isBusy = false

async function flush() {
  isBusy = true
  while (waiting.length > 0) {
    const group = waiting
    waiting = []
    await store(group.flatMap(({ rows }) => rows))
    for (const { done } of group) done()
  }
  isBusy = false
}

const takers = {
  async single(rows, done) {
    await store(rows)
    done()
  },
  group(rows, done) {
    waiting.push({ rows, done })
    if (!isBusy) setImmediate(() => isBusy || flush())
  },
}
const take = takers[process.env.MODE]

serve((seat, acts, done, refuse) => {
  const rows = rowsOf(seat, acts, true)
  if (rows === null) refuse("malformed")
  else take(rows, done)
})
