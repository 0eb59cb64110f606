// A visit: begins with a yes, tells what is done on the page, ends with the page or with a no.
// Other scripts use `window.rapport`: `live`, `act(act)` and the events rapport:offline/-online.
import { watchConsent } from "./consent.js"
import { Line } from "./visit-line.js"
import { Queue } from "./visit-queue.js"
import {
  claim,
  findOrphans,
  findVisit,
  forgetVisits,
  freshVisit,
  letGo,
  queueKey,
} from "./visit-tab.js"
import { opened, watch } from "./visit-watch.js"

const OFFLINE_LINE_MS = 1500

const rapport = { live: false, act: async () => ({ ok: false, error: "not-live" }) }
window.rapport = rapport

let stop

const post = async (message) => {
  const answer = await fetch("/t/acts", { method: "POST", body: JSON.stringify(message) })
  return answer.json()
}

// What a closed or crashed tab could not send any more.
const sendOrphans = async ({ scope, page }, own, queue) => {
  for (const [id, key] of await findOrphans(scope, own)) {
    const orphan = new Queue(key)
    try {
      const acts = orphan.batch(100)
      const ack = acts.length ? await post({ page, visit: id, acts }) : { ok: true }
      if (ack.error === "visit-over") {
        for (const { seq, ...act } of acts) if (seq > ack.last) queue.add(act)
      }
      if (ack.ok || ack.error === "visit-over") localStorage.removeItem(key)
    } catch {} // next time
    letGo(id)
  }
}

const showState = (() => {
  let timer
  return (isOnline) => {
    document.dispatchEvent(
      new Event(`rapport:${isOnline ? "online" : "offline"}`, { bubbles: true }),
    )
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        const line = document.querySelector("[data-offline]")
        if (line) line.hidden = isOnline
      },
      isOnline ? 0 : OFFLINE_LINE_MS,
    )
  }
})()

const openLine = async ({ scope, page }, tracked) => {
  const visit = await findVisit(scope)
  const queue = new Queue(queueKey(scope, visit))
  const line = new Line({
    page,
    visit,
    queue,
    onState: showState,
    onClosed: (error) => {
      end()
      if (error === "no-consent") forgetVisits(scope)
    },
    // Silent for too long: what the old visit did not get opens the next one.
    onOver: async ({ last }) => {
      queue.settle({ ok: true, last })
      letGo(line.visit)
      const next = await freshVisit(scope)
      queue.move(queueKey(scope, next))
      queue.renumber(1)
      if (tracked.has("opened")) queue.add(opened({ again: true }), true)
      return next
    },
  })
  return line
}

const begin = (dataset) => {
  const tracked = new Set(dataset.kinds.split(" "))
  let line
  const opening = openLine(dataset, tracked)
  // What is done while the visit is still being found waits for it, with its own time.
  const tell = (act, isUrgent) => {
    if (!tracked.has(act.kind)) return Promise.resolve({ ok: false, error: "not-tracked" })
    const stamped = { at: new Date().toISOString(), ...act }
    return line ? line.tell(stamped, isUrgent) : opening.then(() => line.tell(stamped, isUrgent))
  }
  const unwatch = watch(tell)
  const listening = new AbortController()
  const on = (target, event, listener) =>
    target.addEventListener(event, listener, { signal: listening.signal })
  on(window, "pagehide", () => {
    if (!line) return
    const { dropped } = line.queue
    if (tracked.has("left")) line.queue.add({ kind: "left", details: { dropped } })
    line.leave()
    letGo(line.visit)
  })
  on(window, "pageshow", (event) => {
    if (!event.persisted || !line) return
    claim(line.visit)
    tell(opened({ again: true }), true)
    line.back()
  })
  on(window, "online", () => line?.here())
  on(document, "visibilitychange", () => document.hidden || line?.here())
  rapport.live = true
  rapport.act = (act) => tell(act, true)
  stop = () => {
    unwatch()
    listening.abort()
    opening.then((opened) => opened.shut())
  }
  opening.then((made) => {
    line = made
    if (line.isShut) return
    tell(opened(line.queue.next > 1 && { again: true }), true)
    sendOrphans(dataset, line.visit, line.queue)
    line.open()
  })
}

const end = () => {
  stop?.()
  stop = null
  rapport.live = false
  rapport.act = async () => ({ ok: false, error: "not-live" })
}

const follow = () => {
  const { dataset } = document.getElementById("visit") ?? { dataset: {} }
  end()
  if (dataset.state === "yes") begin(dataset)
  else if (dataset.scope) forgetVisits(dataset.scope)
}

watchConsent(follow)
follow()
