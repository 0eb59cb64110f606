// The operations page asks again by itself: not while nobody sees it, and it says so when the
// server does not answer.
const isOurs = (event) => event.detail.elt?.matches?.("[data-operations]")

const note = (isAway) => {
  const notice = document.querySelector("[data-operations-away]")
  if (notice && notice.hidden === isAway) notice.hidden = !isAway
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isOurs(event) && document.hidden) event.preventDefault()
})
document.addEventListener("htmx:afterRequest", (event) => {
  if (isOurs(event)) note(!event.detail.successful)
})
