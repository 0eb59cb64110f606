// Small comforts of the people's pages; all of them work without it too.

// A form sent once is not sent again by a second click; coming back with the back button frees it.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-sends-once]")
  if (!form || event.defaultPrevented) return
  if (form.hasAttribute("data-sent")) {
    event.preventDefault()
    return
  }
  form.setAttribute("data-sent", "")
})
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent")
})

// "/" goes to the search box, unless something is being typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest("input, textarea, select, [contenteditable]")) return
  const box = document.querySelector('[data-shortcut="/"]')
  if (!box) return
  event.preventDefault()
  box.focus()
  box.select()
})

// One more row for a field of one's own.
for (const button of document.querySelectorAll("[data-adds-row]")) button.hidden = false
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-adds-row]")
  if (!button) return
  const rows = button.parentElement.querySelector("[data-rows]")
  const row = rows.lastElementChild.cloneNode(true)
  for (const input of row.querySelectorAll("input")) input.value = ""
  rows.append(row)
  row.querySelector("input").focus()
})

// A file may be dropped anywhere on its box.
const dropBox = (event) => event.target.closest?.("[data-drop]")
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const box = dropBox(event)
    if (!box) return
    event.preventDefault()
    box.toggleAttribute("data-over", true)
  })
}
document.addEventListener("dragleave", (event) => dropBox(event)?.removeAttribute("data-over"))
document.addEventListener("drop", (event) => {
  const box = dropBox(event)
  if (!box) return
  event.preventDefault()
  box.removeAttribute("data-over")
  const input = box.querySelector("input[type=file]")
  if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files
})
