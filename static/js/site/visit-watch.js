// What people do on the page, as acts. Only what their own hand did, and never what they typed.

const NAME = /^[a-z][a-z0-9._:-]{0,59}$/
const CLICKABLE = "[data-act], a[href], button, summary, [role=button]"
const FIELD = "input:not([type=submit], [type=button]), textarea, select, [contenteditable]"
const LOOK_MS = 1000
const MEDIA_EVERY_S = 10
const DEPTHS = [25, 50, 75, 100]

const short = (text, most) => [...text.replace(/\s+/g, " ").trim()].slice(0, most).join("")
const moduleOf = (element) => element.closest("[data-key]")?.dataset.key ?? ""

// The words on a thing, without what was typed into the fields within it.
const wordsOn = (element) => {
  const copy = element?.cloneNode(true)
  for (const field of copy?.querySelectorAll("textarea, select, [contenteditable]") ?? [])
    field.remove()
  return copy?.textContent ?? ""
}

// Its short name where the page gives one: what a screen reader would say, or the heading in it.
const namesOf = (element) =>
  (element.getAttribute("aria-labelledby") ?? "")
    .split(" ")
    .map((id) => document.getElementById(id))
    .concat(element.querySelector("h2, h3, h4, h5"))
    .filter(Boolean)

const labelOf = (element) => {
  const spoken = element.ariaLabel || element.title || namesOf(element).map(wordsOn).join(": ")
  if (spoken) return short(spoken, 80)
  if (element.matches(FIELD)) return short(wordsOn(element.labels?.[0]), 80)
  return short(wordsOn(element) || element.value || "", 80)
}

const whereTo = (link) => {
  if (!link.href) return ""
  const { origin, host, pathname, hash } = new URL(link.href, location.href)
  if (origin !== location.origin) return host || link.protocol
  return pathname === location.pathname && hash ? hash : pathname
}

const describeClick = (element) => {
  const label = labelOf(element)
  const name = (element.dataset.act ?? element.tagName).toLowerCase().replace(/\s+/g, "-")
  return {
    kind: "clicked",
    name: NAME.test(name) ? name : "click",
    module: moduleOf(element),
    target: short(element.dataset.target || whereTo(element) || label, 200),
    details: { label },
  }
}

const referrerKind = () => {
  if (!document.referrer) return "direct"
  const { host } = new URL(document.referrer)
  if (host === location.host) return "own"
  return /(^|\.)(google|bing|duckduckgo|ecosia|yahoo|qwant)\./.test(host) ? "search" : "link"
}

export const opened = (more) => ({
  kind: "opened",
  details: {
    viewport: innerWidth < 640 ? "phone" : innerWidth < 1100 ? "tablet" : "desktop",
    language: navigator.language,
    referrer: referrerKind(),
    ...more,
  },
})

// Calls `tell(act, isUrgent)` until the returned function is called.
export const watch = (tell) => {
  const watching = new AbortController()
  const on = (target, event, listener, options) =>
    target.addEventListener(event, listener, { ...options, signal: watching.signal })
  const heard = { capture: true, passive: true }

  let last = {}
  on(
    document,
    "click",
    (event) => {
      const element = event.isTrusted && event.target.closest?.(CLICKABLE)
      if (!element || element.closest("#visit, #consent-choice")) return
      // A label and its box both report one press.
      if (last.element === element && event.timeStamp - last.at < 60) return
      last = { element, at: event.timeStamp }
      tell(describeClick(element), true)
    },
    heard,
  )

  const told = new WeakMap()
  const media = (verb, isUrgent) => (event) => {
    const player = event.target
    if (!event.isTrusted || !player.duration) return
    const position_s = Math.round(player.currentTime)
    if (verb === "position" && Math.abs(position_s - (told.get(player) ?? 0)) < MEDIA_EVERY_S)
      return
    told.set(player, position_s)
    const target = short(player.dataset.target || player.id || "", 200)
    const label = short(player.ariaLabel || player.title || "", 80)
    const details = { position_s, duration_s: Math.round(player.duration), label }
    tell(
      { kind: "media", name: `media.${verb}`, module: moduleOf(player), target, details },
      isUrgent,
    )
  }
  for (const [event, verb] of Object.entries({
    play: "play",
    pause: "pause",
    seeked: "seek",
    ended: "ended",
  }))
    on(document, event, media(verb, true), heard)
  on(document, "timeupdate", media("position"), heard)

  let current
  const look = (section) => {
    const { key } = section.dataset
    if (key === current || !section.isConnected) return
    current = key
    const label = short(section.querySelector("h2, h3")?.textContent ?? "", 80)
    tell({ kind: "moved", name: "module.seen", module: key, target: key, details: { label } })
  }
  const timers = new Map()
  const sight = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRect, rootBounds } of entries) {
        clearTimeout(timers.get(target))
        timers.delete(target)
        const isMost = intersectionRect.height > (rootBounds?.height ?? innerHeight) / 2
        if (isIntersecting && (isMost || intersectionRect.height > target.offsetHeight * 0.6))
          timers.set(target, setTimeout(look, LOOK_MS, target))
      }
    },
    { threshold: [0, 0.25, 0.5, 0.75, 1] },
  )
  const known = new WeakSet()
  const observe = () => {
    for (const section of document.querySelectorAll("[data-module][data-key]")) {
      if (known.has(section)) continue
      known.add(section)
      sight.observe(section)
    }
  }
  observe()
  const swaps = new MutationObserver(observe)
  swaps.observe(document.body, { childList: true, subtree: true })
  on(window, "hashchange", () => {
    const target = short(location.hash, 200)
    tell({ kind: "moved", name: "page.moved", target, details: { label: target.slice(1) } })
  })

  let deepest = 0
  on(
    document,
    "scroll",
    (event) => {
      const { scrollHeight } = document.documentElement
      const share = ((scrollY + innerHeight) / scrollHeight) * 100 + 1
      const depth = DEPTHS.findLast((mark) => share >= mark) ?? 0
      if (!event.isTrusted || depth <= deepest) return
      deepest = depth
      tell({ kind: "scrolled", name: "page.scrolled", details: { depth } })
    },
    { passive: true },
  )

  return () => {
    watching.abort()
    sight.disconnect()
    swaps.disconnect()
    for (const timer of timers.values()) clearTimeout(timer)
  }
}
