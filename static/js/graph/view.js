// The graph view: one graph, its URL, and the actions on both.

import cytoscape from "../../vendor/cytoscape.esm.min.mjs";
import { Address, updateLinks } from "./address.js";
import { attached, elementsOf, imagesOf, outline } from "./drawing/elements.js";
import { Family } from "./family.js";
import { Finder } from "./find.js";
import { attachKeys } from "./keys.js";
import { curve, Layout } from "./layout.js";
import { Light } from "./drawing/light.js";
import { Minimap } from "./drawing/minimap.js";
import { Panel } from "./panel.js";
import { fetchPictures, isLoaded } from "./drawing/pictures.js";
import { attachPointer } from "./pointer.js";
import { readTheme, styleOf } from "./drawing/style.js";
import { Viewport } from "./viewport.js";
import { ask, sayBusy, sayNotice } from "./words.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let current = null;
// Keeps the keyboard focus on the canvas after another asset is centered.
let isToFocus = false;
const LATE_FROM = 400;

export async function open(section) {
  current?.end();
  current = new GraphView(section);
  await current.start();
}

window.addEventListener("popstate", (event) => {
  // htmx restores the pages that it loaded itself.
  if (event.state?.htmx || !current?.section.isConnected) return;
  if (location.pathname === current.path) current.goTo(new Address(location.search, current.drawing.usual));
  else location.reload();
});

dark.addEventListener("change", () => current?.repaint());

class GraphView {
  constructor(section) {
    this.section = section;
    // For tests and debugging.
    section.graph = this;
    this.path = location.pathname;
    this.drawing = JSON.parse(this.part("drawing").content.textContent);
    this.drawing.theme = readTheme();
    this.address = new Address(location.search, this.drawing.usual);
    this.whole = new Family(this.drawing.picture);
    this.family = this.whole;
    this.asking = new AbortController();
    this.layout = new Layout();
    // The elements that a large graph is first painted without; null before the first painting.
    this.late = null;
  }

  part(name) {
    return this.section.querySelector(`[data-graph-${name}]`);
  }

  async start() {
    performance.mark("graph:start");
    this.part("body").hidden = false;
    this.canvas = this.section.querySelector(".graph__canvas");
    await document.fonts.load('500 13px "Inter"').catch(() => []);
    this.cy = cytoscape({
      container: this.canvas,
      style: styleOf(this.drawing.theme),
      layout: { name: "preset" },
      minZoom: 0.02,
      maxZoom: 2.5,
      autoungrabify: true,
      boxSelectionEnabled: false,
      selectionType: "single",
      textureOnViewport: this.whole.nodes.size > 150,
      hideEdgesOnViewport: this.whole.nodes.size > 600,
    });
    this.viewport = new Viewport(this);
    this.minimap = new Minimap(this);
    this.panel = new Panel(this);
    this.light = new Light(this);
    this.finder = new Finder(this);
    attachPointer(this);
    attachKeys(this);
    await this.draw();
    this.viewport.begin();
    this.light.refresh();
    await new Promise((resolve) => this.cy.one("render", resolve));
    performance.mark("graph:painted");
    performance.measure("graph:first-paint", "graph:start", "graph:painted");
    if (!this.section.isConnected) return;
    this.afterDrawing();
    this.section.dataset.painted = "yes";
    if (isToFocus) this.canvas.focus({ preventScroll: true });
    isToFocus = false;
  }

  end() {
    this.asking.abort();
    this.layout.end();
    this.minimap?.end();
    this.cy?.destroy();
    current = null;
  }

  get pick() {
    return this.address.get("pick");
  }

  get pickedAsset() {
    const [, child] = this.pick.split("-");
    const id = Number(child ?? this.pick);
    return this.family.nodes.has(id) ? id : null;
  }

  // The path to the selection when the URL says `focus`, else the whole graph.
  #inFocus() {
    if (!this.address.isFocused || !this.pick) return this.whole;
    const ids = this.pick.split("-").map(Number).filter((id) => this.whole.nodes.has(id));
    if (!ids.length) return this.whole;
    const kept = new Set([this.whole.root]);
    for (const id of ids) for (const other of this.whole.between(this.whole.root, id)) kept.add(other);
    return this.whole.only(kept);
  }

  async draw(anchor = null) {
    this.family = this.#inFocus();
    const elements = elementsOf(this.family, this.address, this.drawing);
    const { nodes, edges } = outline(elements);
    const slow = setTimeout(() => sayBusy(this, `Laying out ${nodes.length.toLocaleString("en")} assets…`), 400);
    const placed = await this.layout.place(nodes, edges, `a${this.family.root}`, this.family.inOrder());
    clearTimeout(slow);
    sayBusy(this, "");
    if (!placed || !this.section.isConnected) return;
    this.#show(elements, placed, anchor);
  }

  #show(elements, { places, bends }, anchor) {
    for (const element of elements) {
      const { id, source, target } = element.data;
      if (element.group === "edges") {
        Object.assign(element.data, curve(places.get(source), places.get(target), bends.get(id)));
      } else {
        element.position = places.get(id) ?? attached(element, places, this.family);
      }
    }
    const isFirst = this.late === null;
    const isLate = ({ classes }) => isFirst && elements.length > LATE_FROM && /^(chip|handle)/.test(classes);
    this.late = elements.filter(isLate);
    this.viewport.keep(anchor, () => {
      this.cy.elements().remove();
      this.cy.add(this.late.length ? elements.filter((element) => !isLate(element)) : elements);
    });
  }

  afterDrawing() {
    if (this.late.length) this.cy.batch(() => this.cy.add(this.late.splice(0)));
    this.#fetchPictures();
    this.viewport.hideSmallText();
    this.light.refresh();
    this.finder.refresh();
    this.panel.refresh();
    this.minimap.refresh();
    this.section.dataset.drawn = this.address.query();
    sayNotice(this);
    updateLinks(this.address);
  }

  #fetchPictures() {
    const pictures = this.cy.nodes(".asset").map((card) => card.data("picture")).filter(Boolean);
    fetchPictures(pictures, (known) => {
      if (this.cy.destroyed()) return;
      this.cy.batch(() => {
        for (const card of this.cy.nodes(".asset").filter((card) => known.has(card.data("picture")))) {
          const node = this.whole.nodes.get(card.data("asset"));
          // Another picture of the family is about to be drawn.
          if (!node) continue;
          card.data("images", imagesOf(node.asset, card.data("picture"), this.drawing.theme));
          card.toggleClass("pictured", isLoaded(card.data("picture")));
        }
      });
    });
  }

  // Goes to another URL of the same page: `change` edits a copy of the current one.
  async change(change, { anchor = null, isEntry = true } = {}) {
    const next = this.address.copy();
    change(next);
    const to = this.path + (next.query() && `?${next.query()}`);
    if (isEntry) history.pushState({ graph: true }, "", to);
    else history.replaceState(history.state, "", to);
    await this.goTo(next, anchor);
  }

  // Shows the state of a URL; another graph is fetched from the API.
  async goTo(address, anchor = null) {
    const isOther = address.picture() !== this.address.picture();
    const isRedrawn = isOther || address.query() !== this.address.query();
    this.address = address;
    if (isOther) {
      const picture = await ask(this, address);
      if (!picture) return;
      this.whole = new Family(picture);
    }
    if (isRedrawn) await this.draw(anchor);
    this.afterDrawing();
  }

  again() {
    const address = this.address;
    this.address = new Address("max_nodes=0", this.drawing.usual);
    return this.goTo(address);
  }

  // Shows an asset (`12`) or an edge (`12-33`) in the side panel; "" empties it.
  setPick(key) {
    if (key === this.pick) return;
    this.address.set("pick", key);
    if (!key) this.address.set("focus", "");
    const query = this.address.query();
    history.replaceState(history.state, "", this.path + (query && `?${query}`));
    updateLinks(this.address);
    this.section.dataset.drawn = query;
    this.light.refresh();
    this.panel.refresh();
  }

  openSide(side) {
    const id = parseInt(side, 10);
    const shown = this.whole.near(id, side.endsWith("p")).length;
    return this.#step(side, true, (address) => address.open(side, { shown, count: this.whole.nodes.size, most: this.drawing.most.nodes }));
  }

  closeSide(side) {
    return this.#step(side, false, (address) => address.close(side));
  }

  // Opening raises max_nodes, which closing alone would not restore: undoing the last step restores the URL before it.
  #step(side, isOpening, step) {
    const from = this.address.copy();
    const { last } = this;
    const undone = last?.side === side && last.isOpening !== isOpening && last.to === from.query() ? last.from : null;
    return this.change(
      (address) => {
        if (undone) address.words = new Map(undone.words);
        else step(address);
        this.last = { side, isOpening, from, to: address.query() };
      },
      { anchor: `a${parseInt(side, 10)}` },
    );
  }

  toggleFocus() {
    return this.change((address) => address.set("focus", address.isFocused ? "" : "1"));
  }

  // Centers another asset: a page of its own, with the same levels and filters.
  recenter(id) {
    if (id === this.whole.root) return;
    const next = this.address.copy();
    for (const name of ["open", "close", "pick", "focus"]) next.set(name, "");
    const to = `${this.drawing.addresses.inspector.replace("/0/", `/${id}/`)}?${next.query()}`;
    isToFocus = document.activeElement === this.canvas;
    htmx.ajax("GET", to, { source: this.section, target: "#graph", swap: "outerHTML", push: to });
  }

  repaint() {
    this.drawing.theme = readTheme();
    this.cy.style(styleOf(this.drawing.theme));
    this.minimap.repaint();
    return this.draw().then(() => this.afterDrawing());
  }

  // Positions by asset id.
  get places() {
    return Object.fromEntries(this.cy.nodes(".asset").map((node) => [node.data("asset"), Object.values(this.viewport.goal(node))]));
  }
}
