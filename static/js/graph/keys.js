// Keyboard shortcuts: arrows move along edges, letters do the same as buttons and handles.

const PAN = 60;

export function attachKeys(view) {
  view.canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = event.shiftKey && event.key.startsWith("Arrow") ? pans[event.key] : (acts[event.key] ?? acts[event.key.toLowerCase()]);
    if (!act) return;
    event.preventDefault();
    act(view, event);
  });
}

const pans = {
  ArrowLeft: (view) => view.viewport.panBy(PAN, 0),
  ArrowRight: (view) => view.viewport.panBy(-PAN, 0),
  ArrowUp: (view) => view.viewport.panBy(0, PAN),
  ArrowDown: (view) => view.viewport.panBy(0, -PAN),
};

const acts = {
  ArrowLeft: (view) => go(view, nearest(view, true)),
  ArrowRight: (view) => go(view, nearest(view, false)),
  ArrowUp: (view) => go(view, beside(view, -1)),
  ArrowDown: (view) => go(view, beside(view, 1)),
  Enter: (view) => view.recenter(at(view)),
  " ": (view) => go(view, at(view)),
  Home: (view) => {
    go(view, view.whole.root);
    view.viewport.home();
  },
  Escape: (view) => view.setPick(""),
  "+": (view) => view.viewport.zoomBy(1.25),
  "=": (view) => view.viewport.zoomBy(1.25),
  "-": (view) => view.viewport.zoomBy(0.8),
  "−": (view) => view.viewport.zoomBy(0.8),
  0: (view) => view.viewport.fit(),
  p: (view, event) => side(view, true, event.shiftKey),
  c: (view, event) => side(view, false, event.shiftKey),
  f: (view) => view.pick && view.toggleFocus(),
  e: (view) => edge(view),
  "/": (view) => view.finder.field.focus(),
};

function at(view) {
  return view.pickedAsset ?? view.whole.root;
}

function go(view, id) {
  if (id === undefined) return;
  view.setPick(String(id));
  view.viewport.reveal(id);
  view.panel.announce(id);
}

function height(view, id) {
  return view.cy.getElementById(`a${id}`).position("y");
}

// The relative on one side that is nearest in height.
function nearest(view, isUp) {
  const here = height(view, at(view));
  return view.family
    .near(at(view), isUp)
    .toSorted((one, other) => Math.abs(height(view, one) - here) - Math.abs(height(view, other) - here))[0];
}

// The next one in the same column.
function beside(view, way) {
  const self = view.cy.getElementById(`a${at(view)}`).position();
  const column = view.cy.nodes(".asset").filter((node) => Math.abs(node.position("x") - self.x) < 2 && (node.position("y") - self.y) * way > 1);
  const next = column.min((node) => (node.position("y") - self.y) * way).ele;
  return next?.data("asset");
}

function side(view, isUp, isToHide) {
  const id = at(view);
  const node = view.family.nodes.get(id);
  const name = `${id}${isUp ? "p" : "c"}`;
  if (isToHide) {
    if (view.family.near(id, isUp).length) view.closeSide(name);
  } else if (isUp ? node.hidden_parents : node.hidden_children) view.openSide(name);
}

// Moves from one of its edges to the next, then back to the asset.
function edge(view) {
  const id = at(view);
  const keys = view.family.near(id, true).map((parent) => `${parent}-${id}`);
  const next = keys[keys.indexOf(view.pick) + 1] ?? String(id);
  view.setPick(next);
}
