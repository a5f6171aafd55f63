// The side panel: details of the selected asset or edge from the server, and the actions on it.

import { titleOf } from "./drawing/elements.js";
import { isWalked } from "./family.js";
import { say } from "./words.js";

// Arrow keys may pass many cards; a request is sent only after a pause.
const PAUSE_MS = 160;
const HINT = "Select an asset or a link for details. Double-click to center on an asset.";

export class Panel {
  constructor(view) {
    this.view = view;
    this.body = view.part("panel");
    this.acts = view.part("acts");
    this.shown = null;
    this.timer = 0;
    this.body.addEventListener("htmx:responseError", () => this.#words("Not found."));
    this.body.addEventListener("htmx:sendError", () => this.#words("Stemma cannot be reached. Check your connection."));
  }

  refresh() {
    const { pick } = this.view;
    this.#showActs();
    if (pick === this.shown) return;
    this.shown = pick;
    clearTimeout(this.timer);
    if (!pick) this.#words(HINT);
    else this.timer = setTimeout(() => this.#fetch(pick), this.body.childElementCount ? PAUSE_MS : 0);
  }

  #words(words) {
    this.body.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: words }));
  }

  #fetch(pick) {
    const { addresses } = this.view.drawing;
    const [first, child] = pick.split("-");
    const from = child ? `${addresses.inspector.replace("/0/", `/${child}/`)}from/${first}/` : addresses.panel.replace("/0/", `/${first}/`);
    htmx.ajax("GET", from, { source: this.body, target: this.body, swap: "innerHTML" });
  }

  #showActs() {
    const { view } = this;
    this.acts.replaceChildren();
    const id = view.pickedAsset;
    if (id === null || view.pick.includes("-")) {
      this.acts.hidden = !view.pick;
      if (view.pick) this.#focusAct();
      return;
    }
    this.acts.hidden = false;
    const node = view.family.nodes.get(id);
    if (id !== view.whole.root) {
      this.#act("Center here", () => view.recenter(id));
      this.#focusAct();
    }
    for (const [isUp, word, hiddenCount] of [[true, "parents", node.hidden_parents], [false, "children", node.hidden_children]]) {
      const side = `${id}${isUp ? "p" : "c"}`;
      const walked = isWalked(node, isUp, view.address, view.whole.root);
      if (hiddenCount) this.#act(`${walked ? "More" : "Show"} ${word} (${hiddenCount.toLocaleString("en")})`, () => view.openSide(side));
      if (walked && view.family.near(id, isUp).length) this.#act(`Hide ${word}`, () => view.closeSide(side));
    }
  }

  #focusAct() {
    const { view } = this;
    const button = this.#act("Show path only", () => view.toggleFocus());
    button.setAttribute("aria-pressed", view.address.isFocused);
  }

  #act(words, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary graph__act";
    button.textContent = words;
    button.addEventListener("click", run);
    this.acts.append(button);
    return button;
  }

  // Announces the asset that the arrow keys moved to, for screen readers.
  announce(id) {
    const { view } = this;
    const node = view.family.nodes.get(id);
    if (!node) return;
    const { words } = view.drawing;
    const steps = Math.abs(node.depth);
    const where = node.depth === 0 ? (id === view.whole.root ? "centered asset" : "same level") : `${steps} level${steps > 1 ? "s" : ""} ${node.depth < 0 ? "up" : "down"}`;
    const relatives = `${node.parent_count} parent${node.parent_count === 1 ? "" : "s"}, ${node.child_count} child${node.child_count === 1 ? "" : "ren"}`;
    const hidden = node.hidden_parents + node.hidden_children;
    const made = view.family.near(id, true).length ? `, made by ${words.operations[view.family.pairs.get(`${view.family.near(id, true)[0]}-${id}`).uses[0].operation_type]}` : "";
    say(view, `${titleOf(node.asset)}, ${words.media[node.asset.media_type]}, ${where}${made}. ${relatives}${hidden ? `, ${hidden} hidden` : ""}.`);
  }
}
