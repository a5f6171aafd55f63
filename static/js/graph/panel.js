// The side panel: what the server says of the picked asset or edge, and what can be done with it.

import { titleOf } from "./drawing/elements.js";
import { isWalked } from "./family.js";
import { say } from "./words.js";

// Keys may run over many cards; only where they rest is worth a request.
const REST_MS = 160;
const HINT = "Pick an asset to see it here, or the words on a line to see how it was made. A double click makes an asset the subject.";

export class Panel {
  constructor(view) {
    this.view = view;
    this.body = view.part("panel");
    this.acts = view.part("acts");
    this.shown = null;
    this.timer = 0;
    this.body.addEventListener("htmx:responseError", () => this.#words("This is not here any more."));
    this.body.addEventListener("htmx:sendError", () => this.#words("Stemma cannot be reached."));
  }

  refresh() {
    const { pick } = this.view;
    this.#showActs();
    if (pick === this.shown) return;
    this.shown = pick;
    clearTimeout(this.timer);
    if (!pick) this.#words(HINT);
    else this.timer = setTimeout(() => this.#fetch(pick), this.body.childElementCount ? REST_MS : 0);
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
      this.#act("Make subject", () => view.recenter(id));
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
    const button = this.#act("Only its way", () => view.toggleFocus());
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

  // For those who cannot see the canvas: where the keys have led.
  announce(id) {
    const { view } = this;
    const node = view.family.nodes.get(id);
    if (!node) return;
    const { words } = view.drawing;
    const steps = Math.abs(node.depth);
    const where = node.depth === 0 ? (id === view.whole.root ? "the subject" : "beside the subject") : `${steps} step${steps > 1 ? "s" : ""} ${node.depth < 0 ? "up" : "down"}`;
    const kin = `${node.parent_count} parent${node.parent_count === 1 ? "" : "s"}, ${node.child_count} child${node.child_count === 1 ? "" : "ren"}`;
    const hidden = node.hidden_parents + node.hidden_children;
    const made = view.family.near(id, true).length ? `, made by ${words.operations[view.family.pairs.get(`${view.family.near(id, true)[0]}-${id}`).uses[0].operation_type]}` : "";
    say(view, `${titleOf(node.asset)}, ${words.media[node.asset.media_type]}, ${where}${made}. ${kin}${hidden ? `, ${hidden} not shown` : ""}.`);
  }
}
