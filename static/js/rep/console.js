// The live console: visits appear, their acts arrive in order, each once. What is drawn comes from
// the server as HTML, so the page after an update equals the page after a reload. Whatever was
// missed (a gap in the numbers, a lost connection, a sleeping tab) is fetched, never guessed.
import { io } from "socket.io-client"

const FEED_LENGTH = 30
const CATCH_UP = 500
// The page shows so many visits; those beyond are left out until it is drawn again.
const MOST_CARDS = 100
const REDRAW_MS = 3000
const page = document.querySelector("[data-console]")

const parse = (html) => {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

const card = (visit) => page.querySelector(`[data-visit="${CSS.escape(visit)}"]`)

const isShown = (visit) => !page.dataset.only || page.dataset.only === visit

const drawn = (node) => node.dispatchEvent(new CustomEvent("rapport:drawn", { bubbles: true }))

// What was said so far, at a glance: the feed's own words, the last to each module.
const say = (shown, row) => {
  const said = shown.querySelector("[data-said]")
  const { moduleKey } = row.dataset
  if (!said || !moduleKey) return
  let line = said.querySelector(`[data-of="${CSS.escape(moduleKey)}"]`)
  if (!line) {
    line = document.createElement("li")
    line.dataset.of = moduleKey
    said.append(line)
  }
  line.dataset.text = row.querySelector(".act-text").firstChild.textContent.trim()
}

// A row as the template draws it, filled with what an act says; all of it is text.
const blank = page?.querySelector("[data-blank-act]")
const drawAct = ({ seq, kind, name, module, text, again, at }) => {
  const row = blank.content.firstElementChild.cloneNode(true)
  Object.assign(row.dataset, { seq, kind, name, moduleKey: module })
  if (!module) delete row.dataset.moduleKey
  const words = row.querySelector(".act-text")
  words.firstChild.textContent = text || name || kind
  if (again) words.firstChild.textContent += " "
  else words.lastElementChild.remove()
  const time = row.querySelector("time")
  time.dateTime = at
  time.textContent = at.slice(11, 19)
  return row
}

const append = (visit, rows) => {
  const shown = card(visit)
  const feed = shown.querySelector("[data-feed]")
  const atEnd = feed.scrollHeight - feed.scrollTop - feed.clientHeight < 40
  let last = Number(shown.dataset.last)
  let answered = false
  for (const row of rows) {
    const seq = Number(row.dataset.seq)
    if (seq <= last) continue
    last = seq
    if (row.dataset.kind === "answered") {
      answered = true
      say(shown, row)
    }
    row.classList.add("is-new")
    row.addEventListener("animationend", () => row.removeAttribute("class"), { once: true })
    feed.append(row, "\n")
  }
  shown.dataset.last = String(last)
  if (!("whole" in feed.dataset)) trim(feed)
  if (atEnd) feed.scrollTop = feed.scrollHeight
  drawn(feed)
  if (answered) document.querySelector("#answers")?.dispatchEvent(new Event("answered"))
}

const trim = (feed) => {
  const rows = feed.querySelectorAll("[data-seq]")
  for (const row of [...rows].slice(0, Math.max(0, rows.length - FEED_LENGTH))) row.remove()
}

const text = async (url) => {
  const response = await fetch(url, { headers: { "HX-Request": "true" } })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.text()
}

const catchUp = async (visit) => {
  const html = await text(`/console/visits/${visit}/acts?after=${card(visit).dataset.last}`)
  const rows = [...parse(html).querySelectorAll("[data-seq]")]
  append(visit, rows)
  if (rows.length >= CATCH_UP) await catchUp(visit)
}

const redraw = async () => {
  if (page.dataset.only) return catchUp(page.dataset.only)
  const fresh = parse(await text("/console/live")).firstElementChild
  page.querySelector("#live-visits").replaceWith(fresh)
  scrollFeeds()
  drawn(fresh)
  document.querySelector("#past-visits").dispatchEvent(new Event("visit-over"))
}

// What changes the page is done one after the other, or a drawing that was asked for earlier
// would put an older state over what has come since.
let queue = Promise.resolve()
const inTurn = (work) => (message) => {
  queue = queue.then(() => work(message)).catch((error) => console.warn(error))
}

// Drawing everything again is dear: at most once in a while, however many ask for it.
let redrawing
const redrawSoon = () => {
  if (redrawing) return
  redrawing = setTimeout(() => {
    redrawing = undefined
    inTurn(() => redraw().catch(redrawSoon))()
  }, REDRAW_MS)
}

const isFull = () => page.querySelectorAll("#live-visits [data-visit]").length >= MOST_CARDS

const scrollFeeds = () => {
  for (const feed of page.querySelectorAll("[data-feed]:not([data-whole])")) {
    feed.scrollTop = feed.scrollHeight
  }
}

const began = ({ visit, html }) => {
  if (!isShown(visit) || page.dataset.only) return
  if (!card(visit) && isFull()) return
  const fresh = parse(html).firstElementChild
  if (!fresh) return
  const shown = card(visit)
  if (shown) shown.replaceWith(fresh)
  else page.querySelector("#live-visits").prepend(fresh, "\n")
  scrollFeeds()
  drawn(fresh)
}

const acted = ({ visit, from_seq: from, acts }) => {
  if (!isShown(visit)) return
  const shown = card(visit)
  if (!shown) return isFull() || redrawSoon()
  return from > Number(shown.dataset.last) + 1 ? catchUp(visit) : append(visit, acts.map(drawAct))
}

const setPresence = (visit, state) => {
  const shown = card(visit)
  if (shown) shown.dataset.presence = state
}

const ended = ({ visit }) => {
  if (page.dataset.only) return setPresence(visit, "over")
  const wasFull = isFull()
  card(visit)?.remove()
  if (wasFull) redrawSoon()
  document.querySelector("#past-visits")?.dispatchEvent(new Event("visit-over"))
}

const sayLink = (words, tone) => {
  const place = document.querySelector("[data-console-link]")
  if (place) place.innerHTML = `<span class="badge ${tone}">${words}</span>`
}

const listen = () => {
  const socket = io("/console", {
    transports: ["websocket"],
    auth: { page: page.dataset.page },
    reconnectionDelay: 300,
    reconnectionDelayMax: 5000,
  })
  socket.on(
    "connect",
    inTurn(async () => {
      await redraw().catch(redrawSoon)
      sayLink("Live", "good")
    }),
  )
  socket.on("disconnect", (reason) => {
    sayLink("Connection lost, trying again", "warn")
    if (reason === "io server disconnect") location.reload()
  })
  socket.on("connect_error", ({ message }) => {
    if (message === "not_found") location.reload()
    sayLink(socket.active ? "Connection lost, trying again" : "Please load the page again", "warn")
  })
  socket.on("visit-began", inTurn(began))
  socket.on("visit-acted", inTurn(acted))
  socket.on(
    "visit-presence",
    inTurn(({ visit, state }) => setPresence(visit, state)),
  )
  socket.on("visit-ended", inTurn(ended))
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && socket.connected) inTurn(redraw)()
  })
}

if (page) {
  scrollFeeds()
  listen()
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) window.print()
})
