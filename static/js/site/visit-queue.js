// Acts on their way: kept on this device until the server has them, numbered without gaps.
//
// An act gets its number as it happens while the line is up and nothing waits before it. What
// happens otherwise has none until its turn to be sent, and the number is on the device before the
// server hears it; so what has a number may be stored already, and keeps it. What has none was
// never sent: when too much waits, the oldest of little value goes and leaves no gap. Clicks and
// answers are never among it: they come as fast as a hand makes them, and that is their bound.

import { actsOf } from "./visit-store.js"

const MOST = 2000
const MOST_BYTES = 1_000_000
export const BATCH = 100
const BATCH_BYTES = 48_000 // a beacon holds 64 KB, the page's token included
const OLD_MS = 30 * 24 * 3600 * 1000

const isOfLittleValue = ({ act: { kind, name } }) =>
  kind === "scrolled" || kind === "moved" || name === "media.position"
const measure = (act) => new TextEncoder().encode(JSON.stringify(act)).length + 20

export class Queue {
  isFlowing = () => false
  entries = []
  bytes = 0
  place = 1
  dropped = 0 // and the server not told yet
  droppedHere = 0
  sentTo = 0
  turn = 0

  // `next` is the next number, unknown for a visit whose page crashed until the server says it.
  constructor(store, visit, next) {
    Object.assign(this, { store, visit, next })
  }

  // Takes up what the visit's last page left; false if that cannot be known.
  async restore(left) {
    const kept = await this.store.load(this.visit)
    if (!kept && left?.onDevice !== 0) return false
    const byPlace = new Map()
    for (const { place, seq, act } of kept?.acts ?? [])
      byPlace.set(place, { place, seq, act, isKept: true })
    for (const { place, seq, act } of left?.acts ?? []) byPlace.set(place, { place, seq, act })
    this.#take([...byPlace.values()])
    // Otherwise another page has delivered some of it meanwhile, under numbers of its own.
    const isAsLeft = this.entries.filter(({ isKept }) => isKept).length === left?.onDevice
    const numbered = (entry) => entry.seq ?? Number.MAX_SAFE_INTEGER
    this.entries.sort((a, b) => numbered(a) - numbered(b) || a.place - b.place)
    this.next = isAsLeft ? left.next : undefined
    this.dropped = left?.dropped ?? kept?.dropped ?? 0
    this.place = Math.max(0, ...byPlace.keys()) + 1
    this.#keep(this.entries.filter(({ isKept }) => !isKept))
    return true
  }

  // What the next page must be told because the device may not have it yet.
  rest() {
    const missing = this.entries.filter(({ isKept }) => !isKept)
    const onDevice = this.entries.length - missing.length
    return { next: this.next, dropped: this.dropped, onDevice, acts: missing.map(this.#record) }
  }

  // Resolves with the server's ack; an act waits as long as it must.
  add(act) {
    const entry = { place: this.place++, act: { at: new Date().toISOString(), ...act } }
    const before = this.entries.at(-1)
    const isNext = this.next && this.entries.length < BATCH && (!before || before.seq)
    if (isNext && this.isFlowing()) entry.seq = this.next++
    const acked = new Promise((resolve) => (entry.resolve = resolve))
    this.#take([entry])
    this.#keep([entry], this.#trim())
    return acked
  }

  get isEmpty() {
    return !this.entries.length
  }

  get hasMore() {
    const last = this.entries.at(-1)
    return Boolean(last) && !(last.seq <= this.sentTo)
  }

  // What goes next; `written` resolves once the numbers given now are on the device.
  batch(most = BATCH) {
    const entries = []
    let bytes = 0
    for (const entry of this.entries) {
      if (entry.seq <= this.sentTo) continue
      bytes += entry.size
      if (entries.length && (entries.length >= most || bytes > BATCH_BYTES)) break
      if (!entry.seq && !this.next) break
      entries.push(entry)
    }
    const unnumbered = entries.filter(({ seq }) => !seq)
    for (const entry of unnumbered) entry.seq = this.next++
    return { entries, written: unnumbered.length && this.#keep(unnumbered) }
  }

  // How many to tell the server of; say afterwards with `count` how many it has not heard of.
  takeDropped() {
    const { dropped } = this
    this.dropped = 0
    return dropped
  }

  count(dropped) {
    this.dropped += dropped
    const record = this.dropped || undefined
    this.store.write([{ shelf: "dropped", key: this.visit, record }])
  }

  settle({ last, ...ack }) {
    const stored = this.entries.filter(({ seq }) => seq <= last)
    this.#remove(stored)
    for (const { seq, resolve } of stored)
      resolve?.({ ...ack, last, problems: ack.problems?.[seq] ?? {} })
    const numbers = this.entries.map(({ seq }) => seq ?? 0)
    this.next = Math.max(this.next ?? 1, last + 1, Math.max(0, ...numbers) + 1)
    if (stored.length) this.store.write(stored.map(this.#removal))
  }

  // Acts are missing after `last`. If they are not here either, the others close up.
  mend({ last }) {
    this.settle({ ok: true, last })
    const [first] = this.entries
    if (first?.seq && first.seq !== last + 1) this.#renumber(last + 1)
  }

  // The server will never take this one.
  refuse(entry, ack) {
    this.#remove([entry])
    entry.resolve?.(ack)
    this.#renumber(entry.seq, [this.#removal(entry)])
    this.droppedHere += 1
    this.count(1)
  }

  // What is left becomes the beginning of another visit. Resolves when the device knows.
  move(visit, first) {
    const changes = this.#forgetting()
    this.visit = visit
    this.sentTo = 0
    if (first) this.#take([{ act: { at: new Date().toISOString(), ...first } }], true)
    for (const entry of this.entries) entry.place = this.place++
    this.count(0)
    return this.#renumber(1, changes)
  }

  // Takes over what another visit, which is over, still holds: all of it, or later.
  async adopt(other) {
    const entries = other.entries.map(({ act }) => ({ place: this.place++, act }))
    const changes = [...other.#forgetting(), ...entries.map(this.#putting)]
    if (!(await this.store.exchange(changes))) return
    for (const entry of entries) entry.isKept = true
    this.#take(entries)
    this.count(other.dropped)
  }

  get isOld() {
    return this.entries.every(({ act }) => Date.now() - Date.parse(act.at) > OLD_MS)
  }

  forget() {
    this.store.write(this.#forgetting())
  }

  // Nobody will hear of these here any more: who waits for them looks for another way.
  abandon() {
    for (const { resolve } of this.entries) resolve?.({ ok: false, error: "not-live" })
  }

  #record = ({ place, seq, act }) => ({ visit: this.visit, place, seq, act })
  #removal = ({ place }) => ({ key: [this.visit, place] })
  #putting = (entry) => ({ ...this.#removal(entry), record: this.#record(entry) })

  #forgetting() {
    return [{ key: actsOf(this.visit) }, { shelf: "dropped", key: this.visit }]
  }

  #take(entries, isFirst) {
    for (const entry of entries) this.bytes += entry.size = measure(entry.act)
    this.entries = isFirst ? [...entries, ...this.entries] : [...this.entries, ...entries]
  }

  #remove(entries) {
    const gone = new Set(entries)
    for (const { size } of entries) this.bytes -= size
    this.entries = this.entries.filter((entry) => !gone.has(entry))
  }

  #renumber(next, changes) {
    this.next = next
    for (const entry of this.entries) entry.seq = undefined
    return this.#keep(this.entries, changes)
  }

  #keep(entries, changes = []) {
    const turn = ++this.turn
    const here = entries.filter((entry) => !entry.isGone)
    for (const entry of here) Object.assign(entry, { turn, isKept: false })
    const written = this.store.write([...changes, ...here.map(this.#putting)])
    return written.then((isKept) => {
      for (const entry of here) if (entry.turn === turn) entry.isKept = isKept
    })
  }

  #trim() {
    const changes = []
    while (this.entries.length > MOST || this.bytes > MOST_BYTES) {
      const oldest = this.entries.find((entry) => !entry.seq && isOfLittleValue(entry))
      if (!oldest) break
      this.#remove([oldest])
      oldest.isGone = true
      oldest.resolve?.({ ok: false, error: "dropped" })
      changes.push(this.#removal(oldest))
      this.droppedHere += 1
      this.count(1)
    }
    return changes
  }
}
