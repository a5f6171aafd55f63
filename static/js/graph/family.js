// The API's graph indexed for walking: parents, children, and paths between assets.

export class Family {
  constructor(picture) {
    this.picture = picture;
    this.root = picture.root_asset_id;
    this.nodes = new Map(picture.nodes.map((node) => [node.asset.id, node]));
    this.parents = new Map();
    this.children = new Map();
    this.pairs = new Map();
    for (const edge of picture.edges) {
      const key = `${edge.parent_asset_id}-${edge.child_asset_id}`;
      const pair = this.pairs.get(key) ?? { key, parent: edge.parent_asset_id, child: edge.child_asset_id, uses: [] };
      if (!pair.uses.length) {
        this.#push(this.parents, pair.child, pair.parent);
        this.#push(this.children, pair.parent, pair.child);
      }
      pair.uses.push(edge);
      this.pairs.set(key, pair);
    }
  }

  #push(map, key, value) {
    if (map.has(key)) map.get(key).push(value);
    else map.set(key, [value]);
  }

  near(id, isUp) {
    return (isUp ? this.parents : this.children).get(id) ?? [];
  }

  // The vertical order of the parents of each child, first input first, as the layout takes it.
  inOrder() {
    const turn = new Map([...this.nodes.keys()].map((id, place) => [id, place]));
    const orders = [];
    for (const parents of this.parents.values()) {
      for (const [place, right] of parents.slice(1).entries()) {
        const left = parents[place];
        // Two children may order the same parents differently; the order of the graph decides.
        if (turn.get(left) < turn.get(right)) orders.push({ left: `a${left}`, right: `a${right}` });
      }
    }
    return orders;
  }

  // All assets on a path from one asset to another: by descent, else on the shortest path.
  between(one, other) {
    if (one === other) return new Set([one]);
    for (const [above, below] of [[one, other], [other, one]]) {
      const down = this.#reach(above, false);
      if (down.has(below)) {
        const up = this.#reach(below, true);
        return new Set([...down].filter((id) => up.has(id)));
      }
    }
    return this.#shortest(one, other);
  }

  #reach(start, isUp) {
    const seen = new Set([start]);
    for (const id of seen) for (const next of this.near(id, isUp)) seen.add(next);
    return seen;
  }

  #shortest(start, goal) {
    const from = new Map([[start, null]]);
    for (const id of from.keys()) {
      if (id === goal) break;
      for (const next of [...this.near(id, true), ...this.near(id, false)]) if (!from.has(next)) from.set(next, id);
    }
    const way = new Set();
    for (let id = from.has(goal) ? goal : null; id !== null; id = from.get(id)) way.add(id);
    return way;
  }

  // The same graph reduced to these assets.
  only(ids) {
    return new Family({
      ...this.picture,
      nodes: this.picture.nodes.filter((node) => ids.has(node.asset.id)),
      edges: this.picture.edges.filter((edge) => ids.has(edge.parent_asset_id) && ids.has(edge.child_asset_id)),
    });
  }
}

// True when the depth of the query includes this side of a node, or when it was opened.
export function isWalked(node, isUp, address, root) {
  const side = `${node.asset.id}${isUp ? "p" : "c"}`;
  if (address.closed().has(side)) return false;
  if (address.opened().has(side)) return true;
  // At the root's own level there are only relatives of opened sides.
  if (node.depth === 0 && node.asset.id !== root) return false;
  return isUp ? node.depth <= 0 && -node.depth < address.number("up") : node.depth >= 0 && node.depth < address.number("down");
}
