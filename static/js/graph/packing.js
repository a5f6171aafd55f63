// Packs many relatives that have no other lines into a grid, so that a hub with hundreds is not one long column.

import { CARD, CHIP } from "./drawing/sizes.js";

// Up to this many stay one column.
const COLUMN_MOST = 12;
const ROW_GAP = 30;
// Between columns: for the lines alone, and for the label of each child before its card.
const LINES = 64;
const LABELS = CHIP.most + CHIP.gap * 2 + LINES;

// The graph to lay out: each grid is one node. `unpack` turns its places into those of the cards in it.
export function pack(nodes, edges, constraints) {
  const grids = gridsOf(nodes, edges);
  const gridOf = new Map(grids.flatMap((grid) => grid.cards.map((card) => [card, grid])));
  const standIn = (id) => gridOf.get(id)?.id ?? id;
  const isWhole = ({ source, target }) => !gridOf.has(source) && !gridOf.has(target);
  return {
    nodes: [...nodes.filter(({ id }) => !gridOf.has(id)), ...grids],
    edges: [...edges.filter(isWhole), ...grids.map(({ id, hub, isUp }) => ({ id: `to ${id}`, source: isUp ? id : hub, target: isUp ? hub : id }))],
    constraints: constraints
      .map(({ left, right }) => ({ left: standIn(left), right: standIn(right) }))
      .filter(({ left, right }) => left !== right && !grids.some(({ id }) => id === left || id === right)),
    unpack: (places) => grids.flatMap((grid) => grid.cards.map((card, turn) => [card, placeIn(grid, turn, places.get(grid.id))])),
    bendsOf: ({ id, source, target }, places) => bendsIn(gridOf.get(source) ?? gridOf.get(target), { id, source, target }, places),
  };
}

function gridsOf(nodes, edges) {
  const lines = new Map();
  for (const edge of edges) {
    for (const end of [edge.source, edge.target]) lines.set(end, [...(lines.get(end) ?? []), edge]);
  }
  const groups = new Map();
  for (const node of nodes) {
    const own = lines.get(node.id) ?? [];
    if (own.length !== 1) continue;
    const isUp = own[0].source === node.id;
    const hub = isUp ? own[0].target : own[0].source;
    const key = `grid ${isUp ? "above" : "below"} ${hub}`;
    if (!groups.has(key)) groups.set(key, { id: key, hub, isUp, cards: [], heights: [] });
    groups.get(key).cards.push(node.id);
    groups.get(key).heights.push(node.height);
  }
  return [...groups.values()].filter(({ cards }) => cards.length > COLUMN_MOST).map(measured);
}

// As wide as it is high, roughly.
function measured(grid) {
  const across = CARD.width + (grid.isUp ? LINES : LABELS);
  const down = Math.max(...grid.heights) + ROW_GAP;
  const rows = Math.max(COLUMN_MOST / 2, Math.ceil(Math.sqrt((grid.cards.length * across) / down)));
  const columns = Math.ceil(grid.cards.length / rows);
  return { ...grid, across, down, rows, columns, width: columns * across - (across - CARD.width), height: rows * down - ROW_GAP };
}

// Columns are counted from the hub, and filled from the top.
function cell({ rows, columns, isUp }, turn) {
  const column = Math.floor(turn / rows);
  return { column: isUp ? columns - 1 - column : column, row: turn % rows };
}

function placeIn(grid, turn, middle) {
  const { column, row } = cell(grid, turn);
  return {
    x: middle.x - grid.width / 2 + CARD.width / 2 + column * grid.across,
    y: middle.y - grid.height / 2 + (grid.down - ROW_GAP) / 2 + row * grid.down,
  };
}

// A line to a farther column runs between two rows, not behind the cards of the nearer ones.
function bendsIn(grid, { source, target }, places) {
  if (!grid) return [];
  const card = places.get(grid.isUp ? source : target);
  const middle = places.get(grid.id);
  const near = middle.x + (grid.isUp ? grid.width / 2 : -grid.width / 2);
  const own = card.x + (grid.isUp ? CARD.width / 2 : -CARD.width / 2);
  if (Math.abs(near - own) < 1) return [];
  const y = card.y - grid.down / 2;
  const points = [{ x: near, y }, { x: own - (grid.isUp ? -LINES : LABELS) + (grid.isUp ? 0 : LINES / 2), y }];
  return grid.isUp ? points.reverse() : points;
}
