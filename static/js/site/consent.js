// The choice about tracking without a reload; the same form works without this script.

const show = (id, html) => {
  const element = document.getElementById(id)
  if (element) element.outerHTML = html
}

// Calls `onChoice()` after each choice has been written down.
export const watchConsent = (onChoice) =>
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-consent-form]")
    if (!form) return
    event.preventDefault()
    const body = new FormData(form, event.submitter)
    try {
      const headers = { Accept: "application/json" }
      const answer = await fetch(form.action, { method: "POST", body, headers })
      const { notice, footer } = await answer.json()
      show("visit", notice)
      show("consent-choice", footer)
      document.querySelector("#consent-choice button")?.focus({ preventScroll: true })
      onChoice()
    } catch {
      const { name, value } = event.submitter
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }))
      form.submit() // by itself it would leave out which button was pressed
    }
  })
