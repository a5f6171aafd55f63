// Closes an open overlay panel (`<details data-panel>`) on Escape, on a click outside, and on submit.

function close(panel, { refocus = false } = {}) {
  if (!panel?.open) return;
  panel.open = false;
  if (refocus) panel.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close(document.querySelector("[data-panel][open]"), { refocus: true });
});

document.addEventListener("click", (event) => {
  const panel = document.querySelector("[data-panel][open]");
  if (panel && !panel.contains(event.target)) close(panel);
});

document.addEventListener("submit", (event) => close(event.target.querySelector("[data-panel][open]"), { refocus: true }));
