// Restores the scroll position of a list when a page that was opened from it returns to it.

const POSITION = "list-position";
const RETURNING = "list-returning";

function currentList() {
  return document.querySelector("[data-list]")?.dataset.list;
}

function restore() {
  const saved = JSON.parse(sessionStorage.getItem(POSITION) ?? "{}");
  if (saved.list === currentList()) window.scrollTo({ top: saved.top, behavior: "instant" });
  sessionStorage.removeItem(RETURNING);
}

function setOff(event) {
  if (event.target.closest?.("[data-returns]")) sessionStorage.setItem(RETURNING, "yes");
}

if (currentList() !== undefined && sessionStorage.getItem(RETURNING)) restore();

window.addEventListener("pagehide", () => {
  const list = currentList();
  if (list !== undefined) sessionStorage.setItem(POSITION, JSON.stringify({ list, top: window.scrollY }));
});
document.addEventListener("click", setOff);
document.addEventListener("submit", setOff);
