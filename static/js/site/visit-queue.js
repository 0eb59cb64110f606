// Acts on their way: numbered without gaps, kept on this device until the server has them.

const MOST = 400
const LOW_VALUE = new Set(["scrolled", "moved", "media"])

export class Queue {
  constructor(key) {
    this.key = key
    this.waiting = new Map()
    let kept = {}
    try {
      kept = JSON.parse(localStorage.getItem(key)) ?? {}
    } catch {}
    this.acts = kept.acts ?? []
    this.next = kept.next ?? 1
    this.dropped = kept.dropped ?? 0
  }

  // Resolves with the server's ack; an act waits as long as it must.
  add(act, isFirst = false) {
    const stamped = { at: new Date().toISOString(), ...act }
    this.acts[isFirst ? "unshift" : "push"](stamped)
    this.#trim()
    this.save()
    return new Promise((resolve) => this.waiting.set(stamped, resolve))
  }

  // Numbers are given at the last moment, so what was dropped before leaves no gap.
  batch(size) {
    const batch = this.acts.slice(0, size)
    for (const act of batch) act.seq ??= this.next++
    this.save()
    return batch
  }

  settle(ack) {
    for (const act of this.acts.filter(({ seq }) => seq <= ack.last)) {
      this.waiting.get(act)?.(ack)
      this.waiting.delete(act)
    }
    this.acts = this.acts.filter(({ seq }) => !(seq <= ack.last))
    this.next = Math.max(this.next, ack.last + 1)
    this.save()
  }

  // What is left was never stored: it is numbered anew from `next`.
  renumber(next) {
    for (const act of this.acts) delete act.seq
    this.next = next
    this.save()
  }

  // The server will never take this one.
  drop(act, ack) {
    this.waiting.get(act)?.(ack)
    this.waiting.delete(act)
    this.acts = this.acts.filter((other) => other !== act)
    this.dropped += 1
    this.renumber(Math.min(this.next, act.seq))
  }

  move(key) {
    localStorage.removeItem(this.key)
    this.key = key
    this.save()
  }

  forget() {
    this.acts = []
    this.waiting.clear()
    localStorage.removeItem(this.key)
  }

  save() {
    const { acts, next, dropped } = this
    try {
      localStorage.setItem(this.key, JSON.stringify({ acts, next, dropped }))
    } catch {} // a full or forbidden storage: memory has to do
  }

  #trim() {
    if (this.acts.length <= MOST) return
    const at = this.acts.findIndex(({ kind, seq }) => !seq && LOW_VALUE.has(kind))
    if (at < 0) return
    this.waiting.delete(this.acts[at])
    this.acts.splice(at, 1)
    this.dropped += 1
  }
}
