// Saves answers as they are given: over the live tracker where there is one, by a post otherwise.
// What somebody types meanwhile stays, with focus and caret; nothing typed is ever thrown away.
import htmx from "htmx.org"

const REST_MS = 250
const RETRY_MS = 4000
const PATIENCE_MS = 3000
const WORDS = {
  saving: "Saving…",
  saved: "Saved",
  refused: "Not saved yet: please look at the marked fields.",
  offline: "Not saved yet: you are offline, we keep trying.",
  failed: "Not saved yet: something went wrong, we keep trying.",
  closed: "Not saved: please open the link in your letter again.",
}

const touched = new Map()
const timers = new Map()
const said = new Map()
const waiting = new Set()
let line = Promise.resolve()

const sectionOf = (key) => document.getElementById(`module-${key}`)
const formOf = (key) => document.getElementById(`answers-${key}`)
const touchedIn = (key) => touched.get(key) ?? touched.set(key, new Set()).get(key)

function say(key, state) {
  said.set(key, state)
  const status = formOf(key)?.querySelector("[data-status]")
  if (!status) return
  status.textContent = WORDS[state]
  status.dataset.status = state
}

// Takes a picture of what the reader did in a section; call the result after the swap.
function remember(section) {
  const key = section.dataset.key
  const controls = [...touchedIn(key)]
    .map((id) => document.getElementById(id))
    .filter((control) => control && section.contains(control))
    .map(({ id, value, checked }) => ({ id, value, checked }))
  const open = [...section.querySelectorAll("details[open][id]")].map(({ id }) => id)
  const active = section.contains(document.activeElement) ? document.activeElement : null
  const caret = active && { id: active.id, start: caretOf(active), end: caretOf(active, "End") }
  return () => {
    for (const { id, value, checked } of controls) {
      const control = document.getElementById(id)
      if (control) Object.assign(control, "checked" in control ? { value, checked } : { value })
    }
    for (const id of open) document.getElementById(id)?.setAttribute("open", "")
    if (caret?.id) putCaret(caret)
    if (said.has(key)) say(key, said.get(key))
  }
}

function caretOf(control, side = "Start") {
  try {
    return control[`selection${side}`] ?? null
  } catch {
    return null
  }
}

function putCaret({ id, start, end }) {
  const control = document.getElementById(id)
  control?.focus({ preventScroll: true })
  if (start === null || !control?.setSelectionRange) return
  try {
    control.setSelectionRange(start, end)
  } catch {
    // number fields have no caret to set
  }
}

function swap(key, html) {
  const section = sectionOf(key)
  if (!section) return
  const restore = remember(section)
  htmx.swap(section, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 })
  restore()
  watch()
}

const pending = new Map()
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target?.dataset?.key) pending.set(detail.target.dataset.key, remember(detail.target))
})
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  const key = detail.target?.dataset?.key
  pending.get(key)?.()
  pending.delete(key)
})

const ask = (url, options = {}) =>
  fetch(url, { ...options, headers: { "HX-Request": "true" }, credentials: "same-origin" })

function shown() {
  const sections = [...document.querySelectorAll("section[data-fingerprint]")]
  return sections.map(({ dataset }) => `${dataset.key}.${dataset.fingerprint}`).join(",")
}

async function tell(form, key) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token")
  const { module } = sectionOf(key).dataset
  const slow = setTimeout(() => say(key, "offline"), PATIENCE_MS)
  try {
    const name = `${module}.answer`
    const ack = await window.rapport.act({
      kind: "answered",
      name,
      module: key,
      details: { fields },
    })
    return Boolean(ack?.ok) && Object.keys(ack.problems ?? {}).length === 0
  } finally {
    clearTimeout(slow)
  }
}

async function send(form, key) {
  const url = form.action
  if (window.rapport?.live === true && (await tell(form, key).catch(() => false))) {
    const query = new URLSearchParams({ after: "answer", shown: shown() })
    return ask(`${url}?${query}`)
  }
  return ask(url, { method: "POST", body: new FormData(form) })
}

// One save at a time: an older answer to one module must not redraw another over a newer one.
function keep(key) {
  clearTimeout(timers.get(key))
  timers.delete(key)
  if (waiting.has(key)) return
  waiting.add(key)
  say(key, "saving")
  line = line.then(() => save(key))
}

async function save(key) {
  waiting.delete(key)
  const form = formOf(key)
  if (!form) return
  const sent = touchedIn(key)
  touched.set(key, new Set())
  const state = await attempt(form, key, sent)
  say(key, state)
  if (state === "offline" || state === "failed") soon(key, RETRY_MS)
}

// A save that failed gives its fields back to those that wait: they go along with the next one.
async function attempt(form, key, sent) {
  const giveBack = () => {
    for (const id of sent) touchedIn(key).add(id)
  }
  try {
    const response = await send(form, key)
    if (!response.ok) giveBack()
    if (response.ok || response.status === 422) swap(key, await response.text())
    if (response.ok) return "saved"
    return { 422: "refused", 404: "closed" }[response.status] ?? "failed"
  } catch {
    giveBack()
    return navigator.onLine ? "failed" : "offline"
  }
}

function soon(key, ms) {
  clearTimeout(timers.get(key))
  timers.set(
    key,
    setTimeout(() => keep(key), ms),
  )
}

const answersOf = (target) => target.closest?.("form[data-answers]")

document.addEventListener("input", ({ target }) => {
  const form = answersOf(target)
  if (form && target.id) touchedIn(form.dataset.answers).add(target.id)
})
document.addEventListener("change", ({ target }) => {
  const form = answersOf(target)
  if (!form) return
  if (target.id) touchedIn(form.dataset.answers).add(target.id)
  soon(form.dataset.answers, REST_MS)
})
document.addEventListener("submit", (event) => {
  const form = answersOf(event.target)
  if (!form) return
  event.preventDefault()
  keep(form.dataset.answers)
})
addEventListener("online", () => {
  for (const key of [...timers.keys()]) keep(key)
})

// Leaving the page: what is still on its way goes out with the last breath.
addEventListener("pagehide", () => {
  for (const [key, ids] of touched) {
    const form = formOf(key)
    if (!form || (ids.size === 0 && !timers.has(key))) continue
    ask(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {})
  }
})

// A module is read again when it first comes into view: the person may be better known by now.
const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) activate(target)
})

async function activate(section) {
  observer.unobserve(section)
  const mark = section.querySelector("[data-activate]")
  if (!mark) return
  const url = mark.dataset.activate
  mark.remove()
  try {
    const response = await ask(url)
    const { key } = section.dataset
    const isAnswered = said.has(key) || timers.has(key)
    if (response.status === 200 && !isAnswered) swap(key, await response.text())
  } catch {
    // offline: what is shown stays shown
  }
}

function watch() {
  for (const mark of document.querySelectorAll("[data-activate]")) {
    observer.observe(mark.closest("section"))
  }
}

document.documentElement.dataset.autosave = ""
watch()
