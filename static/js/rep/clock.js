// Times of day arrive in UTC and are shown in the reader's own zone, also in swapped-in parts.
const format = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" })

const localise = (root) => {
  for (const time of root.querySelectorAll?.("time[data-clock]") ?? []) {
    time.textContent = format.format(new Date(time.dateTime))
    time.removeAttribute("data-clock")
  }
}

localise(document)
document.addEventListener("htmx:load", ({ target }) => localise(target))
document.addEventListener("rapport:drawn", ({ target }) => localise(target))
