// The path through the page: marks where the reader is, and folds away on a phone once used.
const visible = new Set()

function mark() {
  const sections = [...document.querySelectorAll("section[data-key]")]
  const here = sections.find((section) => visible.has(section.id))
  for (const link of document.querySelectorAll(".path-link")) {
    const isHere = here && link.hash === `#${here.id}`
    if (isHere) link.setAttribute("aria-current", "location")
    else link.removeAttribute("aria-current")
  }
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) visible.add(target.id)
      else visible.delete(target.id)
    }
    mark()
  },
  { rootMargin: "-25% 0px -60% 0px" },
)

function watch() {
  observer.disconnect()
  visible.clear()
  for (const section of document.querySelectorAll("section[data-key]")) observer.observe(section)
}

document.addEventListener("click", ({ target }) => {
  if (target.closest?.(".path-link")) target.closest("details")?.removeAttribute("open")
})
document.addEventListener("htmx:afterSettle", watch)
document.addEventListener("htmx:oobAfterSwap", mark)
watch()
