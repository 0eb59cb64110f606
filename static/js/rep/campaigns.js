// The campaign editor: says what is not saved yet, keeps folds open across redraws, and lets the
// preview follow what is typed. Everything works without it.

const TYPING_REST_MS = 400
const BRAND = /<style[^>]*>([^<]*)<\/style>/

const editor = () => document.querySelector("[data-editor]")
const openFolds = new Set()

const say = (text) => {
  const line = document.querySelector("[data-save-state]")
  if (line) line.textContent = text
}

const preview = () => document.querySelector("iframe[data-preview]")

const refreshPreview = () => {
  const frame = preview()
  if (!frame?.contentWindow) return
  const top = frame.contentWindow.scrollY
  const goBack = () => frame.contentWindow.scrollTo({ top, behavior: "instant" })
  frame.addEventListener("load", goBack, { once: true })
  frame.contentWindow.location.reload()
}

// The frame keeps its document, and with it its place; what cannot be a site yet changes nothing.
const showDraft = async () => {
  const form = editor()
  const target = preview()?.contentDocument
  if (!form || !target?.body) return
  const address = new URL(form.action)
  const body = new FormData(form)
  body.delete("logo")
  const answer = await fetch(`${address.pathname}/preview`, { method: "POST", body })
  if (answer.status !== 200) return
  // The brand goes into the style the frame has: a new one would lack this page's nonce.
  const html = (await answer.text()).replace(BRAND, (_, css) => {
    const brand = target.querySelector("head style")
    if (brand) brand.textContent = css
    return ""
  })
  const drawn = new DOMParser().parseFromString(html, "text/html")
  target.body.replaceWith(target.adoptNode(drawn.body))
}

let rest
const followTyping = () => {
  clearTimeout(rest)
  rest = setTimeout(() => showDraft().catch(() => {}), TYPING_REST_MS)
}

// A fragment in the frame's address would scroll the editor along with it.
const showModule = () => {
  const frame = preview()
  const place = frame?.contentDocument?.getElementById(frame.dataset.preview)
  const top = (place?.getBoundingClientRect().top ?? 0) - 110
  if (place) frame.contentWindow.scrollTo({ top, behavior: "instant" })
}
preview()?.addEventListener("load", showModule, { once: true })

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-editor]")
  if (!form) return
  form.dataset.unsaved = ""
  say("Not saved yet.")
  followTyping()
})

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "editor") return
  openFolds.clear()
  for (const fold of document.querySelectorAll("[data-fold][open]")) {
    openFolds.add(fold.dataset.fold)
  }
})

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "editor") return
  for (const fold of document.querySelectorAll("[data-fold]")) {
    if (openFolds.has(fold.dataset.fold)) fold.open = true
  }
  if (!editor() || !("unsaved" in editor().dataset)) refreshPreview()
  else followTyping()
  document.querySelector("#editor [aria-invalid=true]")?.focus()
})

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-editor]")) event.target.dataset.sending = ""
})

addEventListener("beforeunload", (event) => {
  const form = editor()
  if (form && "unsaved" in form.dataset && !("sending" in form.dataset)) event.preventDefault()
})
