// The campaign editor: says what is not saved yet, keeps folds open across redraws, and shows the
// preview anew after each save. Everything works without it.

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
  document.querySelector("#editor [aria-invalid=true]")?.focus()
})

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-editor]")) event.target.dataset.sending = ""
})

addEventListener("beforeunload", (event) => {
  const form = editor()
  if (form && "unsaved" in form.dataset && !("sending" in form.dataset)) event.preventDefault()
})
