// One tab is one visit: its id survives a reload, and a duplicated tab gets its own.

const PATIENCE_MS = 1500
const RENEW_MS = 30_000

const newId = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  )

const slot = (scope) => `visit:${scope}`

const recall = (scope) => {
  try {
    return JSON.parse(sessionStorage.getItem(slot(scope))) ?? {}
  } catch {
    return {}
  }
}

// What the next page in this tab goes on from: {visit}, and {left} once this page goes.
export const remember = (scope, tab) => {
  try {
    sessionStorage.setItem(slot(scope), JSON.stringify(tab))
  } catch {} // full or forbidden: the next page asks the server
}

const held = new Map()

// Resolves true when this page now holds the visit; one being reloaded lets go of it meanwhile.
const lock = (id, patience) =>
  new Promise((resolve) => {
    const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true }
    const hold = (lock) => {
      resolve(Boolean(lock))
      return lock && new Promise((done) => held.set(id, done))
    }
    navigator.locks.request(`visit-${id}`, options, hold).catch(() => resolve(false))
  })

// Without Web Locks (plain http) it is lent for a while, again and again.
const lease = async (id, store, isMine) => {
  if (!(await store.lease(id, isMine))) return false
  const renewing = setInterval(() => store.lease(id, true), RENEW_MS)
  held.set(id, () => {
    clearInterval(renewing)
    store.write([{ shelf: "leases", key: id }])
  })
  return true
}

export const claim = (id, store, { patience, isMine = false } = {}) =>
  navigator.locks ? lock(id, patience) : lease(id, store, isMine)

export const letGo = (id) => {
  held.get(id)?.()
  held.delete(id)
}

export const letGoOfAll = () => {
  for (const id of [...held.keys()]) letGo(id)
}

export const freshVisit = (scope, store) => {
  const visit = newId()
  claim(visit, store, { isMine: true })
  remember(scope, { visit })
  return visit
}

// The visit this tab was on, and what its last page left: {visit, left}. Nothing for a new tab.
export const findVisit = async (scope, store) => {
  const { visit, left } = recall(scope)
  const mine = { patience: PATIENCE_MS, isMine: Boolean(left) }
  if (!visit || !(await claim(visit, store, mine))) return {}
  const tab = recall(scope) // a page that goes writes first and lets go then
  remember(scope, { visit })
  return tab
}

export const forgetTab = (scope) => {
  try {
    sessionStorage.removeItem(slot(scope))
  } catch {}
}
