// What waits on this device: a database of one site, opened after a yes and deleted at a no.
// Where it is refused, full or silent, memory has to do: nothing here rejects or waits for long.

const PATIENCE_MS = 1000
const LEASE_MS = 150_000 // a page in the background is woken once a minute
const SHELVES = { acts: { keyPath: ["visit", "place"] }, dropped: {}, leases: {} }

const nameOf = (scope) => `visit:${scope}`

export const within = (promise, otherwise) => {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, otherwise))
  return Promise.race([promise.catch(() => otherwise), late])
}

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

// The key of every act of a visit.
export const actsOf = (visit) => IDBKeyRange.bound([visit], [visit, []])

export class Store {
  constructor(scope) {
    this.changes = []
    this.opened = within(this.#open(scope)).then(() => (this.isRefused = !this.db))
  }

  async #open(scope) {
    const request = indexedDB.open(nameOf(scope), 1)
    request.onupgradeneeded = () => {
      for (const [shelf, options] of Object.entries(SHELVES))
        request.result.createObjectStore(shelf, options)
    }
    const db = await answer(request)
    if (this.isRefused) return db.close()
    db.onversionchange = db.onclose = () => this.close()
    this.db = db
  }

  // Changes are {shelf, key, record}, without a record to remove. What one turn of the page wants
  // is written together. Resolves true when it is done, false if it may not be.
  write(changes) {
    this.changes.push(...changes)
    this.writing ??= this.opened.then(() => this.commit())
    return this.writing
  }

  // What cannot be written must not lie there in an older form either.
  commit() {
    const { changes } = this
    this.changes = []
    this.writing = null
    if (!changes.length) return Promise.resolve(true)
    const remove = () => this.#apply(changes.map(({ shelf, key }) => ({ shelf, key })))
    const done = this.#apply(changes).catch(() => remove().then(() => false))
    return within(done, false)
  }

  // All of it, or nothing is changed.
  exchange(changes) {
    return within(this.#apply(changes), false)
  }

  async #apply(changes) {
    const writing = this.#transaction("readwrite")
    for (const { shelf = "acts", key, record } of changes) {
      const shelved = writing.objectStore(shelf)
      if (record === undefined) shelved.delete(key)
      else if (shelved.keyPath) shelved.put(record)
      else shelved.put(record, key)
    }
    writing.commit()
    return new Promise((resolve, reject) => {
      writing.oncomplete = () => resolve(true)
      writing.onabort = () => reject(writing.error)
    })
  }

  #transaction(mode) {
    return this.db.transaction(Object.keys(SHELVES), mode, { durability: "relaxed" })
  }

  // Everything kept of a visit, or null if nothing can be read.
  load(visit) {
    return this.#within("readonly", null, async (ask) => {
      const dropped = ask("dropped", "get", visit)
      const acts = await ask("acts", "getAll", actsOf(visit))
      return { acts, dropped: (await dropped) ?? 0 }
    })
  }

  // The visits something is kept of.
  visits() {
    return this.#within("readonly", [], async (ask) => {
      const dropped = ask("dropped", "getAllKeys")
      const acts = await ask("acts", "getAllKeys")
      return [...new Set([...acts.map(([visit]) => visit), ...(await dropped)])]
    })
  }

  // Resolves true for the one page that may use a visit; for where there are no Web Locks.
  lease(visit, isMine) {
    return this.#within("readwrite", isMine, async (ask) => {
      const left = (await ask("leases", "get", visit)) - Date.now()
      if (!isMine && left > 0 && left <= LEASE_MS) return false
      await ask("leases", "put", Date.now() + LEASE_MS, visit)
      return true
    })
  }

  async #within(mode, otherwise, work) {
    await this.opened
    const run = async () => {
      const open = this.#transaction(mode)
      return work((shelf, what, ...terms) => answer(open.objectStore(shelf)[what](...terms)))
    }
    return within(run(), otherwise)
  }

  close() {
    this.db?.close()
    this.db = null
    this.isRefused = true
  }
}

export const forgetStore = (scope) => {
  try {
    indexedDB.deleteDatabase(nameOf(scope))
  } catch {} // refused: nothing was ever kept there
}
