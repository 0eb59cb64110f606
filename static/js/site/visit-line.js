// The line to the server: a socket, and posts where websockets are blocked or the page closes.
import { BATCH } from "./visit-queue.js"

const GATHER_MS = 40 // a batch is gone within 50 ms
const HEARTBEAT_MS = 10_000
const ACK_MS = 8_000
const SLOWEST_MS = 5_000
const CONNECT_MS = 10_000
const SPREAD_MS = 1_000 // a server that stops sends everybody off in the same moment
const MOST_FLYING = 4
const NEVER = new Set(["malformed", "not-tracked", "invalid"])
const OVER = new Set(["no-consent", "not_found"])

const wait = (tries) => Math.min(SLOWEST_MS, 250 * 2 ** tries) * (0.5 + Math.random() / 2)

export class Line {
  size = BATCH
  tries = 0
  flying = 0
  // Each failure begins a new epoch: what flew in an older one is sent again, and its failures
  // mean nothing any more.
  epoch = 0

  // `onOver(ack)` moves the queue to a new visit; `onClosed(error)` means: stop, for good.
  constructor({ page, queue, onOver, onState, onClosed }) {
    Object.assign(this, { page, queue, onOver, onState, onClosed })
    queue.isFlowing = () => this.#isUp && this.isOnline
  }

  async open() {
    try {
      const { io } = await import("socket.io-client")
      if (this.isShut) return
      this.socket = io("/visitors", {
        transports: ["websocket"],
        timeout: CONNECT_MS,
        auth: (give) => give({ page: this.page, visit: this.queue.visit }),
        reconnectionDelay: 300,
        reconnectionDelayMax: SLOWEST_MS,
        randomizationFactor: 0.5,
      })
    } catch {
      return this.#lost() // the script itself did not arrive: posts do
    }
    this.socket.on("connect", () => this.#joined())
    this.socket.on("disconnect", (why) => {
      if (why === "io server disconnect") this.#later({ retry_ms: Math.random() * SPREAD_MS })
      else if (why !== "io client disconnect") this.#state(false)
    })
    this.socket.on("connect_error", (error) => {
      if (!this.socket.active && error.data?.error) this.#refused(error.data)
      else this.#lost()
    })
  }

  // Hands over what a page that is gone left behind, by post. Resolves when it can do no more.
  deliver() {
    this.posts = this.isLeaving = true
    this.here()
    return new Promise((resolve) => (this.onEmpty = resolve))
  }

  // Clicks and answers go at once, the rest gathers for a moment.
  tell(act, isUrgent) {
    const told = this.queue.add(act)
    if (isUrgent) this.flush()
    else this.gathering ??= setTimeout(() => this.flush(), GATHER_MS)
    return told
  }

  async here() {
    if (this.isShut || this.isMoving) return
    if (this.socket && !this.socket.active) this.socket.connect()
    else if (this.socket?.connected || (this.posts && !this.pause)) {
      const ack = await this.#say("here")
      if (ack?.ok) this.#learn(ack)
      else this.#refused(ack)
    }
  }

  // The network is said to be gone: an answer will tell otherwise.
  doubt() {
    this.#state(false)
    this.here()
  }

  // It is said to be back: no need to wait for the next try.
  retry() {
    clearTimeout(this.pause)
    this.pause = null
    this.socket?.disconnect().connect()
    this.here()
  }

  async flush() {
    clearTimeout(this.gathering)
    this.gathering = null
    if (this.isFlushing) return
    this.isFlushing = true
    while (this.#isUp && this.flying < this.#mostFlying) {
      const { epoch } = this
      const { entries, written } = this.queue.batch(this.size)
      if (!entries.length) break
      if (written) await written
      if (epoch !== this.epoch || !this.#isUp) continue
      this.queue.sentTo = entries.at(-1).seq
      this.#carry(entries)
    }
    this.isFlushing = false
    if (this.socket && !this.socket.active && !this.pause && this.queue.hasMore) this.here()
  }

  // The page goes: whatever is left goes by post, unasked whether it arrived; a reload asks again.
  // The oldest first, as numbers have no gaps: what does not fit waits for the next page.
  leave() {
    this.#rest()
    this.queue.sentTo = 0
    const { entries } = this.queue.batch()
    this.queue.store.commit()
    this.isLeaving = true
    const body = this.#body(this.#message(entries))
    const isSent = navigator.sendBeacon?.("/t/acts", new Blob([body], { type: "application/json" }))
    if (!isSent) fetch("/t/acts", { method: "POST", body, keepalive: true }).catch(() => {})
    this.socket?.disconnect()
  }

  shut() {
    this.isShut = true
    this.#rest()
    this.socket?.disconnect()
    this.onEmpty?.()
  }

  get #isUp() {
    return !this.isShut && !this.isMoving && !this.pause && (this.posts || this.socket?.connected)
  }

  // Posts may overtake each other, and a batch that was refused is searched step by step.
  get #mostFlying() {
    return this.posts || this.size < BATCH ? 1 : MOST_FLYING
  }

  #joined() {
    this.posts = false
    clearTimeout(this.pause)
    this.pause = null
    this.#state(true)
    this.#beat()
    this.here()
    this.flush()
  }

  #beat() {
    this.beat ??= setInterval(() => document.hidden || this.here(), HEARTBEAT_MS)
  }

  #rest() {
    for (const timer of [this.beat, this.pause, this.gathering]) clearTimeout(timer)
    this.beat = this.pause = this.gathering = null
  }

  // No websocket: a post finds out whether there is a server at all.
  #lost() {
    if (this.posts || this.isShut) return
    this.posts = true
    this.#beat()
    this.here()
  }

  async #carry(entries) {
    const { epoch } = this
    this.flying += 1
    const ack = await this.#say("acts", entries)
    this.flying -= 1
    if (ack?.ok) this.#learn(ack)
    else if (epoch === this.epoch && !this.isShut) this.#stumble(ack, entries)
  }

  // Nothing of these was stored, or nobody knows: they stay, and come again.
  #stumble(ack, entries) {
    this.epoch += 1
    this.queue.sentTo = 0
    if (NEVER.has(ack?.error)) {
      if (entries.length === 1) this.queue.refuse(entries[0], ack)
      this.size = entries.length > 1 ? entries.length >> 1 : BATCH
      return this.flush()
    }
    if (ack?.error === "gap") this.queue.mend(ack)
    this.#refused(ack)
  }

  #learn(ack) {
    this.tries = 0
    this.#state(true)
    this.queue.settle(ack)
    if (this.queue.isEmpty) {
      this.size = BATCH
      this.onEmpty?.()
    }
    this.flush()
  }

  async #refused(ack) {
    if (this.isShut || this.isMoving) return
    if (OVER.has(ack?.error)) {
      this.shut()
      this.onClosed(ack.error)
    } else if (ack?.error === "visit-over") {
      this.isMoving = true
      this.epoch += 1
      await this.onOver(ack)
      this.isMoving = false
      if (this.isShut) return
      this.socket?.disconnect().connect()
      this.flush()
    } else this.#later(ack)
  }

  // A little later than asked, and each time longer: others wait for the same moment.
  #later(ack) {
    if (!ack) this.#state(false)
    const asked = Math.min(ack?.retry_ms ?? 0, 60_000) * (1 + Math.random() / 4)
    const ms = ack?.error === "slow-down" && asked ? asked : Math.max(asked, wait(this.tries++))
    clearTimeout(this.pause)
    this.pause = setTimeout(() => {
      this.pause = null
      if (document.hidden && !this.queue.hasMore) return
      if (this.isOnline && this.socket?.connected) this.flush()
      else this.here()
    }, ms)
  }

  // Resolves with the server's answer, or null without one. A heartbeat by socket carries nothing.
  async #say(event, entries = []) {
    const message = this.posts || entries.length ? this.#message(entries) : {}
    const ack = await this.#carrier(event, message).catch(() => null)
    if (message.dropped) this.queue.count(ack?.ok ? 0 : message.dropped)
    return ack
  }

  async #carrier(event, message) {
    if (!this.posts) return this.socket.timeout(ACK_MS).emitWithAck(event, message)
    const signal = AbortSignal.timeout(ACK_MS)
    const answer = await fetch("/t/acts", { method: "POST", body: this.#body(message), signal })
    return answer.json()
  }

  #message(entries) {
    const acts = entries.map(({ seq, act }) => ({ seq, ...act }))
    const dropped = this.queue.takeDropped()
    return dropped ? { acts, dropped } : { acts }
  }

  #body(message) {
    const { page, isLeaving: is_leaving } = this
    return JSON.stringify({ page, visit: this.queue.visit, ...message, is_leaving })
  }

  #state(isOnline) {
    if (this.isOnline === isOnline) return
    this.isOnline = isOnline
    this.onState?.(isOnline)
  }
}
