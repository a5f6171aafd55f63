// Computes a layered layout from left to right in a worker, so that large graphs do not block the page.

import { Graph, layout } from "../../vendor/dagre.esm.js";

// The best ranking takes seconds above this many nodes; the next best differs only in some longer edges.
const BEST_MOST = 150;

onmessage = ({ data: { turn, nodes, edges, spacing, constraints } }) => {
  const graph = new Graph({ multigraph: true });
  const ranker = nodes.length > BEST_MOST ? "tight-tree" : "network-simplex";
  graph.setGraph({ rankdir: "LR", ranker, ...spacing });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const { id, source, target } of edges) graph.setEdge(source, target, {}, id);
  layout(graph, { constraints });
  const places = nodes.map(({ id }) => [id, { x: graph.node(id).x, y: graph.node(id).y }]);
  // Edges across several layers are routed around the nodes between.
  const bends = edges
    .map(({ id, source, target }) => [id, graph.edge(source, target, id).points.slice(1, -1)])
    .filter(([, points]) => points.length > 1);
  postMessage({ turn, places, bends });
};
