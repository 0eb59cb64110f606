// One tab is one visit: its id survives a reload, and a duplicated tab gets its own.

const PATIENCE_MS = 1500
const ANSWER_MS = 200

const newId = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  )

const release = {}

// Resolves true when this tab now holds the name; a page being reloaded lets go of it meanwhile.
const lock = (name, patience) =>
  new Promise((resolve) => {
    const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true }
    const hold = (held) => {
      resolve(Boolean(held))
      return held && new Promise((done) => (release[name] = done))
    }
    navigator.locks.request(name, options, hold).catch(() => resolve(false))
  })

// Without Web Locks (plain http): ask the other tabs, and answer them from now on.
const ask = (name) =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel(name)
    channel.onmessage = ({ data }) => {
      if (data !== "taken") return channel.postMessage("taken")
      channel.close()
      resolve(false)
    }
    channel.postMessage("whose")
    setTimeout(() => resolve(true), ANSWER_MS)
    release[name] = () => channel.close()
  })

export const claim = async (id, patience) =>
  navigator.locks ? lock(`visit-${id}`, patience) : ask(`visit-${id}`)

const slot = (scope) => `visit-id:${scope}`
export const queueKey = (scope, id) => `visit:${scope}:${id}`

export const freshVisit = async (scope) => {
  const id = newId()
  await claim(id)
  sessionStorage.setItem(slot(scope), id)
  return id
}

export const findVisit = async (scope) => {
  const id = sessionStorage.getItem(slot(scope))
  return id && (await claim(id, PATIENCE_MS)) ? id : freshVisit(scope)
}

// Queues whose tab is gone (it crashed, or was closed before the ack): [id, key].
export const findOrphans = async (scope, own) => {
  const prefix = queueKey(scope, "")
  const ids = Object.keys(localStorage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
  const orphans = []
  for (const id of ids) if (id !== own && (await claim(id))) orphans.push([id, prefix + id])
  return orphans
}

export const letGo = (id) => release[`visit-${id}`]?.()

export const forgetVisits = (scope) => {
  sessionStorage.removeItem(slot(scope))
  for (const key of Object.keys(localStorage))
    if (key.startsWith(queueKey(scope, ""))) localStorage.removeItem(key)
}
