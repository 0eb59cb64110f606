// What every peer that stores does with acts before it stores them: the checks of
// app/tracking/shapes.py and a row with the columns of our `acts` table, in their order.

export const COLUMNS = [
  "workspace_id",
  "visit_id",
  "seq",
  "kind",
  "name",
  "module",
  "target",
  "text",
  "details",
  "is_repeat",
  "happened_at",
  "stored_at",
]

const KINDS = new Set(["opened", "clicked", "answered", "media", "moved", "scrolled", "left"])
const NAME = /^([a-z][a-z0-9._:-]{0,59})?$/
const KEY = /^[A-Za-z0-9_-]{0,60}$/
const MAX_ACTS = 100
const MAX_DETAILS = 4096

/** The rows of a message, or null if it has not the shape of acts. */
export function rowsOf(seat, acts, isPostgres = false) {
  if (!Array.isArray(acts) || acts.length < 1 || acts.length > MAX_ACTS) return null
  const now = new Date().toISOString()
  const rows = []
  for (const act of acts) {
    const details = JSON.stringify(act.details)
    if (!isAct(act, details)) return null
    const text = `Clicked ${act.details.label}`
    rows.push([
      isPostgres ? seat.workspace : seat.workspaceKey,
      isPostgres ? seat.visit : seat.visitKey,
      act.seq,
      act.kind,
      act.name,
      act.module,
      act.target,
      text,
      details,
      isPostgres ? false : 0,
      new Date(act.at).toISOString(),
      now,
    ])
  }
  return rows
}

function isAct(act, details) {
  return (
    Number.isInteger(act.seq) &&
    act.seq >= 1 &&
    act.seq <= 2_000_000_000 &&
    KINDS.has(act.kind) &&
    typeof act.name === "string" &&
    NAME.test(act.name) &&
    typeof act.module === "string" &&
    KEY.test(act.module) &&
    typeof act.target === "string" &&
    act.target.length <= 200 &&
    typeof act.details === "object" &&
    details.length <= MAX_DETAILS &&
    !Number.isNaN(Date.parse(act.at))
  )
}
