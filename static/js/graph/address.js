// The state of the graph view as its URL holds it, with the server's parameter names in the server's order.

const ORDER = [
  "view", "up", "down", "max_nodes", "fan_out", "open", "close",
  "provider_id", "operation_type", "media_type", "made_after", "made_before", "pick", "focus",
];
const ASKED = ORDER.filter((name) => !["view", "pick", "focus"].includes(name));

export class Address {
  constructor(search, usual) {
    this.usual = usual;
    this.words = new Map();
    const given = new URLSearchParams(search);
    // The API's older parameters for levels; `up` and `down` override them.
    const depth = Number(given.get("max_depth")) || usual.up;
    const direction = given.get("direction");
    const steps = { up: direction === "children" ? 0 : depth, down: direction === "parents" ? 0 : depth };
    for (const name of ORDER) this.set(name, given.get(name) ?? steps[name] ?? "");
  }

  get(name) {
    return this.words.get(name) ?? "";
  }

  number(name) {
    const value = this.get(name);
    return value === "" ? this.usual[name] : Number(value);
  }

  set(name, value) {
    const text = String(value);
    if (text === "" || text === String(this.usual[name] ?? "")) this.words.delete(name);
    else this.words.set(name, text);
    return this;
  }

  get isFocused() {
    return ["1", "on", "true", "True"].includes(this.get("focus"));
  }

  copy() {
    return new Address(this.query(), this.usual);
  }

  query() {
    const written = new URLSearchParams();
    for (const name of ORDER) if (this.words.has(name)) written.set(name, this.words.get(name));
    return written.toString();
  }

  // Parameters for the API: all but the selection, with the pages' own defaults.
  picture() {
    const asked = new URLSearchParams();
    for (const name of ASKED) {
      const value = this.words.get(name) ?? this.usual[name] ?? "";
      if (value !== "") asked.set(name, value);
    }
    return asked.toString();
  }

  opened() {
    const sides = new Map();
    for (const [, side, times] of this.get("open").matchAll(/(\d+[pc])(\d*)/g)) sides.set(side, Number(times || 1));
    return sides;
  }

  closed() {
    return new Set(this.get("close").split(".").filter(Boolean));
  }

  // Shows `fan_out` more than the `shown` relatives of a side such as `12p`, with room for them beside `count` assets in
  // all; a closed side is restored as it was.
  open(side, { shown, count, most }) {
    const closed = this.closed();
    if (closed.delete(side)) return this.set("close", [...closed].join("."));
    const fanOut = this.number("fan_out");
    const opened = this.opened();
    opened.set(side, Math.floor(shown / fanOut) + 1);
    return this.#setOpened(opened).set("max_nodes", Math.min(Math.max(this.number("max_nodes"), count + fanOut), most));
  }

  // The first call undoes opening, the second hides the relatives within the depth.
  close(side) {
    const opened = this.opened();
    if (opened.delete(side)) return this.#setOpened(opened);
    return this.set("close", [...this.closed(), side].join("."));
  }

  #setOpened(opened) {
    return this.set("open", [...opened].map(([side, times]) => side + (times > 1 ? times : "")).join("."));
  }
}

const CHANGED_BY_SCRIPT = ["max_nodes", "fan_out", "open", "close", "pick", "focus"];

// Updates the links and forms around the graph, which the server rendered before the graph changed.
export function updateLinks(address) {
  for (const link of document.querySelectorAll("#graph .views__link, #graph [data-query-link]")) {
    // "Clear all" is left as it is.
    if (!link.closest(".query-form__acts")) {
      const own = new URL(link.href);
      const words = new Address(own.search, address.usual);
      for (const name of CHANGED_BY_SCRIPT) words.set(name, address.get(name));
      link.setAttribute("href", own.pathname + (words.query() && `?${words.query()}`));
    }
  }
  for (const link of document.querySelectorAll("#graph a[download]")) {
    const words = address.copy().set("view", "").set("pick", "").set("focus", "");
    const format = new URL(link.href).searchParams.get("format");
    link.search = [words.query(), `format=${format}`].filter(Boolean).join("&");
  }
  for (const form of document.querySelectorAll("#graph form[data-query-form]")) {
    for (const name of CHANGED_BY_SCRIPT) fieldOf(form, name).value = address.get(name) || (address.usual[name] ?? "");
  }
  // These redirect back to the whole URL.
  for (const form of document.querySelectorAll("#graph .focus__acts form")) {
    for (const name of ORDER) form.querySelector(`[name=${name}]`)?.remove();
    for (const [name, value] of address.words) fieldOf(form, name).value = value;
  }
}

function fieldOf(form, name) {
  const known = form.querySelector(`[name=${name}]`);
  if (known) return known;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name });
  form.append(field);
  return field;
}

// htmx keeps the URL that a link had when it was added to the page.
document.addEventListener("htmx:configRequest", (event) => {
  const link = event.detail.elt;
  if (link.matches?.("[data-query-link]")) event.detail.path = link.getAttribute("href");
});
