// Says when the line is down, and when it is up again.

const PATIENCE_MS = 1500
const BACK_MS = 5000

let timer
let isOffline = false

const show = (name, isShown = true) => {
  const line = document.querySelector(`[data-${name}]`)
  if (line) line.hidden = !isShown
}

const sayOffline = (isKept) => {
  isOffline = true
  show("back", false)
  show("keep-open", !isKept)
  show("offline")
}

const sayBack = () => {
  isOffline = false
  show("offline", false)
  show("back")
  timer = setTimeout(show, BACK_MS, "back", false)
}

// `isKept`: closing the page would lose nothing.
export const showState = (isOnline, isKept) => {
  document.dispatchEvent(new Event(`rapport:${isOnline ? "online" : "offline"}`, { bubbles: true }))
  clearTimeout(timer)
  if (!isOnline) timer = setTimeout(sayOffline, PATIENCE_MS, isKept)
  else if (isOffline) sayBack()
}
