// The line to the server: a socket, and posts where websockets are blocked or the page closes.

const BATCH = 50
const REST_MS = 50
const HEARTBEAT_MS = 10_000
const ACK_MS = 8_000
const SLOWEST_MS = 15_000
const CONNECT_MS = 4_000
const NEVER = new Set(["malformed", "not-tracked", "invalid"])
const OVER = new Set(["no-consent", "not_found"])

const wait = (tries) => Math.min(SLOWEST_MS, 250 * 2 ** tries) * (0.5 + Math.random())

export class Line {
  // `onOver(last)` gives the new visit's id; `onClosed` means: stop, for good.
  constructor({ page, visit, queue, onOver, onState, onClosed }) {
    Object.assign(this, { page, visit, queue, onOver, onState, onClosed })
    this.size = BATCH
    this.tries = 0
  }

  async open() {
    try {
      const { io } = await import("socket.io-client")
      if (this.isShut) return
      this.socket = io("/visitors", {
        transports: ["websocket"],
        timeout: CONNECT_MS,
        auth: (give) => give({ page: this.page, visit: this.visit }),
        reconnectionDelay: 300,
        reconnectionDelayMax: SLOWEST_MS,
      })
    } catch {
      return this.#lost() // the script itself did not arrive: posts do
    }
    this.socket.on("connect", () => this.#joined())
    this.socket.on("disconnect", (why) => {
      this.#state(false)
      if (why === "io server disconnect" && !document.hidden) this.socket.connect()
    })
    this.socket.on("connect_error", (error) => {
      if (!this.socket.active && error.data?.error) this.#refused(error.data)
      else this.#lost()
    })
  }

  // Clicks and answers go at once, the rest gathers for a moment.
  tell(act, isUrgent) {
    const told = this.queue.add(act)
    if (isUrgent) this.flush()
    else this.gathering ??= setTimeout(() => this.flush(), REST_MS)
    return told
  }

  here() {
    if (this.isShut) return
    if (this.socket && !this.socket.active) this.socket.connect()
    else if (this.socket?.connected) this.#ask("here").then((ack) => ack && this.#learn(ack))
    else if (this.posts) this.#send([])
  }

  async flush() {
    clearTimeout(this.gathering)
    this.gathering = null
    if (this.busy || this.isShut || !this.queue.acts.length) return
    if (!this.posts && !this.socket?.connected) return this.socket?.active || this.here()
    this.busy = true
    await this.#send(this.queue.batch(this.size))
    this.busy = false
    if (this.queue.acts.length && !this.pause) this.flush()
  }

  // The page goes: whatever is left goes by post, unasked whether it arrived; a reload asks again.
  leave() {
    this.#rest()
    const acts = this.queue.batch(BATCH)
    const body = JSON.stringify({ page: this.page, visit: this.visit, acts, is_leaving: true })
    const isSent = navigator.sendBeacon?.("/t/acts", new Blob([body], { type: "application/json" }))
    if (!isSent) fetch("/t/acts", { method: "POST", body, keepalive: true }).catch(() => {})
    this.socket?.disconnect()
  }

  // ...and comes back as it was, out of the browser's page cache.
  back() {
    this.#beat()
    this.here()
  }

  shut() {
    this.isShut = true
    this.#rest()
    clearTimeout(this.pause)
    this.socket?.disconnect()
  }

  #joined() {
    this.posts = false
    this.#state(true)
    this.#beat()
    this.here()
  }

  #beat() {
    this.beat ??= setInterval(() => document.hidden || this.here(), HEARTBEAT_MS)
  }

  #rest() {
    clearInterval(this.beat)
    this.beat = null
  }

  #lost() {
    this.#state(false)
    this.posts = true
    this.#beat()
    this.flush()
  }

  async #send(acts) {
    const ack = this.posts ? await this.#post(acts) : await this.#ask("acts", { acts })
    if (this.isShut) return
    if (ack?.ok) {
      this.size = BATCH
      return this.#learn(ack)
    }
    if (NEVER.has(ack?.error) && acts.length) {
      if (acts.length === 1) this.queue.drop(acts[0], ack)
      else this.size = 1
      return
    }
    if (ack?.error === "gap") {
      this.queue.settle({ ...ack, ok: true })
      return this.queue.renumber(ack.last + 1)
    }
    if (ack?.error === "visit-over" || OVER.has(ack?.error)) return this.#refused(ack)
    this.#later(ack?.retry_ms ?? wait(this.tries++))
  }

  #learn(ack) {
    if (!ack.ok) return this.#refused(ack)
    this.tries = 0
    if (this.posts) this.#state(true)
    this.queue.settle(ack)
    this.flush()
  }

  #later(ms) {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => {
      this.pause = null
      this.flush()
    }, ms)
  }

  async #refused(ack) {
    if (ack.error === "visit-over") {
      this.visit = await this.onOver(ack)
      if (this.socket?.connected) this.socket.disconnect()
      this.socket?.connect()
    } else if (OVER.has(ack.error)) {
      this.shut()
      this.onClosed(ack.error)
    } else if (!this.socket?.active) setTimeout(() => this.here(), wait(this.tries++))
  }

  async #ask(event, message = {}) {
    try {
      return await this.socket.timeout(ACK_MS).emitWithAck(event, message)
    } catch {
      return null
    }
  }

  async #post(acts) {
    try {
      const body = JSON.stringify({ page: this.page, visit: this.visit, acts })
      return await (await fetch("/t/acts", { method: "POST", body })).json()
    } catch {
      this.#state(false)
      return null
    }
  }

  #state(isOnline) {
    if (this.isOnline === isOnline) return
    this.isOnline = isOnline
    this.onState(isOnline)
  }
}
