// Asks once more before something that cannot be taken back: form[data-confirm] holds the question.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm
  if (question && !window.confirm(question)) event.preventDefault()
})
