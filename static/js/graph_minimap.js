// The whole picture in a corner with a frame around what is seen, once there is much of it.

import cytoscape from "../vendor/cytoscape.esm.min.mjs";
import { CARD } from "./graph_sizes.js";

const FROM = 31;
const PADDING = 6;

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
    const goal = (node) => ({ ...(node.scratch("goal") ?? node.position()) });
    const nodes = cy.nodes(".asset").map((node) => ({ group: "nodes", data: { id: node.id() }, position: goal(node), classes: node.classes().join(" ") }));
    const edges = cy.edges(".pair").map((edge) => ({ group: "edges", data: { id: edge.id(), source: edge.source().id(), target: edge.target().id() } }));
    this.map = cytoscape({
      container: this.view.part("minimap-canvas"),
      elements: [...nodes, ...edges],
      layout: { name: "preset", fit: true, padding: PADDING },
      userPanningEnabled: false,
      userZoomingEnabled: false,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      pixelRatio: 1,
      style: [
        { selector: "node", style: { width: CARD.width, height: CARD.height, shape: "rectangle", "background-color": theme.lineStrong, events: "no" } },
        { selector: "node.root", style: { "background-color": theme.accent, "border-width": 60, "border-color": theme.accent } },
        { selector: "edge", style: { "curve-style": "haystack", width: 8, "line-color": theme.line, events: "no" } },
      ],
    });
    this.#follow();
  }

  repaint() {
    this.refresh();
  }

  #follow() {
    if (!this.map) return;
    const { x1, y1, x2, y2 } = this.view.cy.extent();
    const zoom = this.map.zoom();
    const pan = this.map.pan();
    this.frame.style.transform = `translate(${x1 * zoom + pan.x}px, ${y1 * zoom + pan.y}px)`;
    this.frame.style.width = `${(x2 - x1) * zoom}px`;
    this.frame.style.height = `${(y2 - y1) * zoom}px`;
  }

  #goTo(event) {
    const box = this.box.getBoundingClientRect();
    const zoom = this.map.zoom();
    const pan = this.map.pan();
    const middle = { x: (event.clientX - box.left - pan.x) / zoom, y: (event.clientY - box.top - pan.y) / zoom };
    const { cy } = this.view;
    cy.pan({ x: cy.width() / 2 - middle.x * cy.zoom(), y: cy.height() / 2 - middle.y * cy.zoom() });
  }

  end() {
    this.map?.destroy();
  }
}
