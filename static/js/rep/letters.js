// The letter's editor: fields go in where the cursor is, and the preview follows the typing.
// Without this file every button still works; the preview then waits for its buttons.
const REST_MS = 500
const editor = document.querySelector("[data-letter-editor]")

const insert = (word) => {
  const typed = editor.querySelector("[data-last-focus]") ?? editor.elements.text
  const { selectionStart: start, selectionEnd: end } = typed
  const alone = word.startsWith("{button:") && typed.tagName === "TEXTAREA"
  typed.setRangeText(alone ? `\n\n${word}\n\n` : word, start, end, "end")
  typed.focus()
  typed.dispatchEvent(new Event("input", { bubbles: true }))
}

const show = (kind) => {
  const buttons = [...editor.querySelectorAll("[data-letter-preview]")]
  for (const button of buttons) button.ariaPressed = String(button.dataset.letterPreview === kind)
  editor.requestSubmit(buttons.find((button) => button.dataset.letterPreview === kind))
}

const shown = () =>
  editor.querySelector("[data-letter-preview][aria-pressed=true]")?.dataset.letterPreview

const startEditor = () => {
  let timer
  editor.addEventListener("focusin", ({ target }) => {
    if (!["subject", "text", "mjml"].includes(target.name)) return
    editor.querySelector("[data-last-focus]")?.removeAttribute("data-last-focus")
    target.setAttribute("data-last-focus", "")
  })
  editor.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(() => show(shown() ?? "html"), REST_MS)
  })
  editor.addEventListener("click", ({ target }) => {
    if (target.dataset.insert) insert(target.dataset.insert)
    if (!target.dataset.letterPreview) return
    for (const button of editor.querySelectorAll("[data-letter-preview]"))
      button.ariaPressed = String(button === target)
  })
  show("html")
}

const recipients = document.querySelector("[data-recipients]")

const countChosen = () => {
  const chosen = recipients.querySelectorAll("[name=prospect]:checked").length
  const words = recipients.querySelector("[data-chosen]")
  if (words) words.textContent = chosen ? `to ${chosen}` : ""
}

const startRecipients = () => {
  recipients.addEventListener("change", ({ target }) => {
    if (target.matches("[data-choose-all]"))
      for (const box of recipients.querySelectorAll("[name=prospect]:enabled"))
        box.checked = target.checked
    countChosen()
  })
  countChosen()
}

if (editor) startEditor()
if (recipients) startRecipients()
