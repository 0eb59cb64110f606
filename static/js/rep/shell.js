// On a phone the main navigation scrolls sideways: the page one is on stands in view.
const nav = document.querySelector(".shell-nav")
const here = nav?.querySelector("[aria-current]")
if (here) nav.scrollLeft = here.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2
