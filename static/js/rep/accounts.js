// The little menus of the team page: one open at a time, closed by a click elsewhere or Escape.

const closeOthers = (kept) => {
  for (const menu of document.querySelectorAll(".member-menu[open]")) {
    if (menu !== kept) menu.open = false
  }
}

document.addEventListener("click", (event) => closeOthers(event.target.closest(".member-menu")))

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest(".member-menu[open]")
  if (event.key !== "Escape" || !menu) return
  menu.open = false
  menu.querySelector("summary").focus()
})
