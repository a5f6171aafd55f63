// Computes a layered layout from left to right in a worker, so that large graphs do not block the page.

import { Graph, layout } from "../../vendor/dagre.esm.js";
import { pack } from "./packing.js";

// The best ranking takes seconds above this many nodes; the next best differs only in some longer edges.
const BEST_MOST = 150;

onmessage = ({ data: { turn, nodes, edges, spacing, constraints } }) => {
  const packed = pack(nodes, edges, constraints);
  const graph = new Graph({ multigraph: true });
  const ranker = packed.nodes.length > BEST_MOST ? "tight-tree" : "network-simplex";
  graph.setGraph({ rankdir: "LR", ranker, ...spacing });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of packed.nodes) graph.setNode(id, { width, height });
  for (const { id, source, target } of packed.edges) graph.setEdge(source, target, {}, id);
  layout(graph, { constraints: packed.constraints });
  const found = new Map(packed.nodes.map(({ id }) => [id, { x: graph.node(id).x, y: graph.node(id).y }]));
  for (const [id, place] of packed.unpack(found)) found.set(id, place);
  // Edges across several layers are routed around the nodes between.
  const bends = edges
    .map((edge) => [edge.id, graph.edge(edge.source, edge.target, edge.id)?.points.slice(1, -1) ?? packed.bendsOf(edge, found)])
    .filter(([, points]) => points.length > 1);
  postMessage({ turn, places: nodes.map(({ id }) => [id, found.get(id)]), bends });
};
