// A visit: begins with a yes, tells what is done on the page, ends with the page or with a no.
// Other scripts use `window.rapport`: `live`, `act(act)` and the events rapport:offline/-online.
import { watchConsent } from "./consent.js"
import { Line } from "./visit-line.js"
import { Queue } from "./visit-queue.js"
import { showState } from "./visit-state.js"
import { forgetStore, Store } from "./visit-store.js"
import {
  claim,
  findVisit,
  forgetTab,
  freshVisit,
  letGo,
  letGoOfAll,
  remember,
} from "./visit-tab.js"
import { opened, watch } from "./visit-watch.js"

const ORPHANS_EVERY_MS = 60_000

const idle = { live: false, act: async () => ({ ok: false, error: "not-live" }) }
const rapport = { ...idle }
window.rapport = rapport

let stop

// The queue of this tab's visit: the one it was on, if all of it can be known, or a new one.
const findQueue = async (scope, store) => {
  const { visit, left } = await findVisit(scope, store)
  const queue = new Queue(store, visit)
  if (visit && (await queue.restore(left))) return [queue, true]
  if (visit) letGo(visit)
  return [new Queue(store, freshVisit(scope, store), 1), false]
}

// What closed or crashed tabs could not send any more. One page at a time delivers a visit.
const deliverOrphans = async (page, store, line, signal) => {
  for (const visit of await store.visits()) {
    if (signal.aborted || visit === line.queue.visit || !(await claim(visit, store))) continue
    const queue = new Queue(store, visit)
    const onOver = async ({ last }) => {
      queue.settle({ ok: true, last })
      await line.queue.adopt(queue)
      courier.shut()
      line.flush()
    }
    // It is another browser's by now, and will not be taken any more.
    const onClosed = () => queue.isOld && queue.forget()
    const courier = new Line({ page, queue, onOver, onClosed })
    const shut = () => courier.shut()
    signal.addEventListener("abort", shut)
    if (await queue.restore()) await courier.deliver()
    signal.removeEventListener("abort", shut)
    courier.shut()
    letGo(visit)
  }
}

const begin = ({ scope, page, kinds }) => {
  const tracked = new Set(kinds.split(" "))
  const listening = new AbortController()
  const { signal } = listening
  const on = (target, event, listener) => target.addEventListener(event, listener, { signal })
  const store = new Store(scope)
  let line
  let early = [] // what is done while the visit is still being found
  const tell = (act, isUrgent) => {
    if (!tracked.has(act.kind)) return Promise.resolve({ ok: false, error: "not-tracked" })
    const stamped = { at: new Date().toISOString(), ...act }
    if (line) return line.tell(stamped, isUrgent)
    return new Promise((resolve) => early.push([stamped, isUrgent, resolve]))
  }
  const unwatch = watch(tell)

  const start = async () => {
    const [queue, isAgain] = await findQueue(scope, store)
    if (signal.aborted || line) return
    line = new Line({
      page,
      queue,
      onState: (isOnline) => showState(isOnline, !store.isRefused),
      onClosed: (error) => {
        end()
        if (error === "no-consent") forget(scope)
      },
      // Silent for too long: what the old visit did not get opens the next one.
      onOver: async ({ last }) => {
        queue.settle({ ok: true, last })
        letGo(queue.visit)
        await queue.move(freshVisit(scope, store), tracked.has("opened") && opened({ again: true }))
      },
    })
    tell(opened(isAgain && { again: true }), true)
    for (const [act, isUrgent, resolve] of early) line.tell(act, isUrgent).then(resolve)
    line.open()
    const deliver = () => deliverOrphans(page, store, line, signal).then(again)
    let timer
    const again = () => {
      timer = setTimeout(deliver, ORPHANS_EVERY_MS)
    }
    on(signal, "abort", () => clearTimeout(timer))
    deliver()
  }

  const leave = () => {
    if (!line) {
      // Gone before it was found: a visit of its own, told while there is time.
      line = new Line({ page, queue: new Queue(store, freshVisit(scope, store), 1) })
      for (const [act] of early) line.queue.add(act)
    }
    const { queue } = line
    if (tracked.has("left")) queue.add({ kind: "left", details: { dropped: queue.droppedHere } })
    line.leave()
    remember(scope, { visit: queue.visit, left: queue.rest() })
    letGoOfAll()
    store.commit()
    store.close()
  }

  on(window, "pagehide", leave)
  on(window, "online", () => line?.retry())
  on(window, "offline", () => line?.doubt())
  on(document, "visibilitychange", () => (document.hidden ? line?.flush() : line?.here()))
  rapport.live = true
  rapport.act = (act) => tell(act, true)
  stop = () => {
    unwatch()
    listening.abort()
    line?.shut()
    line?.queue.abandon()
    for (const [, , resolve] of line ? [] : early) resolve({ ok: false, error: "not-live" })
    early = []
    letGoOfAll()
    store.close()
  }
  start()
}

const end = () => {
  stop?.()
  stop = null
  Object.assign(rapport, idle)
}

const forget = (scope) => {
  forgetTab(scope)
  forgetStore(scope)
}

const follow = () => {
  const { dataset } = document.getElementById("visit") ?? { dataset: {} }
  end()
  if (dataset.state === "yes") begin(dataset)
  else if (dataset.scope) forget(dataset.scope)
}

watchConsent(follow)
// Out of the browser's page cache: other pages of this tab may have gone on with the visit.
addEventListener("pageshow", (event) => event.persisted && follow())
follow()
