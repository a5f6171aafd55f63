// Computes positions in the worker, then the curves of edges.

import { CARD, CHIP, CAPTION } from "./drawing/sizes.js";

const SPACING = { nodesep: 30, edgesep: 24, ranksep: 270, marginx: 0, marginy: 0 };

export class Layout {
  constructor() {
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.turn = 0;
  }

  // Positions by node id and bends by edge id, the root at 0, 0; null when a later request has replaced this one.
  place(nodes, edges, root, constraints) {
    const turn = ++this.turn;
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message));
      const answered = ({ data }) => {
        if (data.turn !== turn) return;
        this.worker.removeEventListener("message", answered);
        resolve(turn === this.turn ? around(root, data) : null);
      };
      this.worker.addEventListener("message", answered);
      this.worker.postMessage({ turn, nodes, edges, constraints, spacing: SPACING });
    });
  }

  end() {
    this.worker.terminate();
  }
}

// Whole pixels only, so that the same graph is drawn the same way.
function around(root, { places, bends }) {
  const middle = new Map(places).get(root) ?? { x: 0, y: 0 };
  const shifted = ({ x, y }) => ({ x: Math.round(x - middle.x), y: Math.round(y - middle.y - CAPTION / 2) });
  return {
    places: new Map(places.map(([id, place]) => [id, shifted(place)])),
    bends: new Map(bends.map(([id, points]) => [id, points.map(shifted)])),
  };
}

// Control points of an edge, as Cytoscape takes them: along and beside the straight line between its ends.
export function curve(source, target, via) {
  const from = { x: source.x + CARD.width / 2, y: source.y };
  const to = { x: target.x - CARD.width / 2, y: target.y };
  // The line is horizontal from here on, for its label.
  const level = to.x - CHIP.most - CHIP.gap * 2;
  const bend = Math.max(level - from.x, 0);
  const between = (via ?? []).filter(({ x }) => x > from.x + 44 && x < level - 44);
  const points = between.length
    ? [{ x: from.x + 44, y: from.y }, ...between, { x: level - 44, y: to.y }, { x: level, y: to.y }]
    : [
        { x: from.x + bend * 0.35, y: from.y },
        { x: from.x + bend * 0.55, y: from.y },
        { x: from.x + bend * 0.45, y: to.y },
        { x: level, y: to.y },
      ];
  const along = { x: to.x - from.x, y: to.y - from.y };
  const length = Math.hypot(along.x, along.y) || 1;
  return {
    weights: points.map(({ x, y }) => ((x - from.x) * along.x + (y - from.y) * along.y) / length ** 2),
    distances: points.map(({ x, y }) => ((y - from.y) * along.x - (x - from.x) * along.y) / length),
  };
}
