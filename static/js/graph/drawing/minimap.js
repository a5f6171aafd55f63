// A minimap of a large graph with a frame around the visible part.

import cytoscape from "../../../vendor/cytoscape.esm.min.mjs";
import { CARD } from "./sizes.js";

const FROM = 31;
const PADDING = 8;
const STRETCH_MOST = 10;
const FRAME_LEAST = 4;

export class Minimap {
  constructor(view) {
    this.view = view;
    this.box = view.part("minimap");
    this.frame = view.part("minimap-frame");
    this.map = null;
    view.cy.on("viewport resize", () => this.#follow());
    const drag = (event) => {
      if (event.buttons && this.map) this.#goTo(event);
    };
    this.box.addEventListener("pointerdown", (event) => {
      this.box.setPointerCapture(event.pointerId);
      drag(event);
    });
    this.box.addEventListener("pointermove", drag);
  }

  refresh() {
    this.map?.destroy();
    this.map = null;
    const { cy, family } = this.view;
    this.box.hidden = family.nodes.size < FROM;
    if (this.box.hidden) return;
    const { theme } = this.view.drawing;
    this.scale = this.#fit(this.view.viewport.box());
    const { x, y } = this.scale;
    const nodes = cy.nodes(".asset").map((node) => ({ group: "nodes", data: { id: node.id() }, position: this.#shrink(this.view.viewport.goal(node)), classes: node.hasClass("root") ? "root" : "" }));
    const edges = cy.edges(".pair").map((edge) => ({ group: "edges", data: { id: edge.id(), source: edge.source().id(), target: edge.target().id() } }));
    this.map = cytoscape({
      container: this.view.part("minimap-canvas"),
      elements: [...nodes, ...edges],
      layout: { name: "preset", fit: false },
      userPanningEnabled: false,
      userZoomingEnabled: false,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      style: [
        { selector: "node", style: { width: Math.max(CARD.width * x, 3), height: Math.max(CARD.height * y, 1.5), shape: "rectangle", "background-color": theme.lineStrong, events: "no" } },
        { selector: "node.root", style: { width: Math.max(CARD.width * x, 8), height: Math.max(CARD.height * y, 6), "background-color": theme.accent, "z-index": 2 } },
        { selector: "edge", style: { "curve-style": "haystack", width: 0.5, "line-color": theme.lineStrong, "line-opacity": 0.5, events: "no" } },
      ],
    });
    this.#follow();
  }

  // Fits the whole graph into the box; a long thin graph is stretched to be visible.
  #fit(whole) {
    const [width, height] = [this.box.clientWidth - 2 * PADDING, this.box.clientHeight - 2 * PADDING];
    const even = Math.min(width / whole.w, height / whole.h);
    const x = Math.min(width / whole.w, even * STRETCH_MOST);
    const y = Math.min(height / whole.h, even * STRETCH_MOST);
    return { x, y, left: PADDING + (width - whole.w * x) / 2 - whole.x1 * x, top: PADDING + (height - whole.h * y) / 2 - whole.y1 * y };
  }

  #shrink({ x, y }) {
    return { x: x * this.scale.x + this.scale.left, y: y * this.scale.y + this.scale.top };
  }

  repaint() {
    this.refresh();
  }

  #follow() {
    if (!this.map) return;
    const { x1, y1, x2, y2 } = this.view.cy.extent();
    const from = this.#shrink({ x: x1, y: y1 });
    const to = this.#shrink({ x: x2, y: y2 });
    this.frame.style.transform = `translate(${from.x}px, ${from.y}px)`;
    this.frame.style.width = `${Math.max(to.x - from.x, FRAME_LEAST)}px`;
    this.frame.style.height = `${Math.max(to.y - from.y, FRAME_LEAST)}px`;
  }

  #goTo(event) {
    const box = this.box.getBoundingClientRect();
    const x = (event.clientX - box.left - this.scale.left) / this.scale.x;
    const y = (event.clientY - box.top - this.scale.top) / this.scale.y;
    const { cy } = this.view;
    cy.pan({ x: cy.width() / 2 - x * cy.zoom(), y: cy.height() / 2 - y * cy.zoom() });
  }

  end() {
    this.map?.destroy();
  }
}
