// The lead form: a second press while the first is under way does nothing, and the first marked
// field gets the cursor when the form comes back. Works without.

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-lead]")
  if (!form) return
  if ("sending" in form.dataset) event.preventDefault()
  form.dataset.sending = ""
})

addEventListener("pageshow", () => {
  const form = document.querySelector("[data-lead]")
  if (form) delete form.dataset.sending
  form?.querySelector("[aria-invalid=true]")?.focus()
})
