// Keyboard navigation of the tree: arrows, Home, End, letters. Without it the lines are plain links.

const PAUSE_MS = 700;
let typed = "";
let typedAt = 0;
let pressed = "";

function lines(family) {
  return [...family.querySelectorAll("[data-line]")];
}

// The line that the list around this line is nested under.
function host(link) {
  return link.closest("li").parentElement.closest("li")?.querySelector("[data-line]");
}

function below(link) {
  return link.closest("li").querySelector(":scope > ul [data-line]");
}

function sideLink(link, kind) {
  return link.closest(".line__row").querySelector(`[id^="${kind}-"]`);
}

function open(link) {
  const next = below(link);
  if (next) return next;
  sideLink(link, "open")?.click();
  return link;
}

function close(link) {
  const shut = sideLink(link, "close");
  if (!shut) return host(link);
  shut.click();
  return link;
}

function find(family, link, letter) {
  const now = Date.now();
  typed = now - typedAt > PAUSE_MS ? letter : typed + letter;
  typedAt = now;
  const all = lines(family);
  const from = all.indexOf(link);
  const later = [...all.slice(from + (typed.length === 1 ? 1 : 0)), ...all.slice(0, from + 1)];
  return later.find((other) => other.textContent.trim().toLowerCase().startsWith(typed));
}

function goal(event, family, link) {
  const all = lines(family);
  const place = all.indexOf(link);
  switch (event.key) {
    case "ArrowDown":
      return all[place + 1] ?? link;
    case "ArrowUp":
      return all[place - 1] ?? link;
    case "Home":
      return all[0];
    case "End":
      return all.at(-1);
    case "ArrowRight":
      return open(link);
    case "ArrowLeft":
      return close(link);
  }
  return event.key.length === 1 && event.key !== " " ? find(family, link, event.key.toLowerCase()) : undefined;
}

document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("[data-line]");
  const family = link?.closest("[data-family]");
  if (!family || event.ctrlKey || event.altKey || event.metaKey) return;
  const next = goal(event, family, link);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// Opening or closing a side removes its link: move the focus to the line it belongs to.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  pressed = /^(?:open|close)-(\d+)[pc]$/.exec(event.detail.elt.id)?.[1] ?? pressed;
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "graph") return;
  if (pressed && document.activeElement === document.body) document.getElementById(`title-${pressed}`)?.focus();
  pressed = "";
});

function attach() {
  for (const family of document.querySelectorAll("[data-family]")) {
    family.querySelector(".family__keys").hidden = lines(family).length === 0;
  }
}

attach();
document.addEventListener("htmx:load", attach);
