// Closes the side panel on its close button or Escape, and returns the focus to the link that opened it.

let opener = "";

function close(side) {
  side.replaceChildren();
  const address = new URL(window.location);
  address.searchParams.delete("pick");
  window.history.replaceState(window.history.state, "", address);
  document.getElementById(opener)?.focus();
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "side" && event.detail.elt.id !== "side") opener = event.detail.elt.id;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-side-close]")) return;
  event.preventDefault();
  close(document.getElementById("side"));
});

document.addEventListener("keydown", (event) => {
  const side = document.getElementById("side");
  if (event.key === "Escape" && side?.childElementCount) close(side);
});
