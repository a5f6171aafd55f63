// Actions of mouse, pen and touch.

export function attachPointer(view) {
  const { cy } = view;
  const tip = view.part("tip");

  cy.on("tap", (event) => {
    view.canvas.focus({ preventScroll: true });
    if (event.target === cy) view.setPick("");
  });
  cy.on("tap", "node.asset", ({ target }) => view.setPick(String(target.data("asset"))));
  cy.on("tap", "edge.pair", ({ target }) => view.setPick(target.id()));
  cy.on("tap", "node.chip", ({ target }) => view.setPick(target.data("pick") || String(target.data("child"))));
  cy.on("tap", "node.handle, node.more", ({ target }) => view.openSide(target.data("side")));
  cy.on("tap", "node.hider", ({ target }) => view.closeSide(target.data("side")));
  cy.on("dbltap", "node.asset", ({ target }) => view.recenter(target.data("asset")));

  cy.on("mouseover", "node, edge", ({ target, renderedPosition }) => {
    view.canvas.classList.add("is-pointing");
    const { ids, words } = said(view, target);
    if (ids.length) view.light.point(ids);
    showTip(tip, words, renderedPosition, view.canvas);
  });
  cy.on("mousemove", "edge", ({ renderedPosition }) => place(tip, renderedPosition, view.canvas));
  cy.on("mouseout", "node, edge", () => {
    view.canvas.classList.remove("is-pointing");
    view.light.leave();
    tip.hidden = true;
  });
  cy.on("viewport", () => (tip.hidden = true));

  // The wheel scrolls the page; with Ctrl, as in browsers and maps, and by pinching it zooms. Above the canvas, since
  // Cytoscape's own listener there captures.
  const passOn = (event) => event.ctrlKey || event.metaKey || event.stopPropagation();
  view.canvas.parentElement.addEventListener("wheel", passOn, { capture: true, passive: true });

  const acts = {
    "zoom-in": () => view.viewport.zoomBy(1.25),
    "zoom-out": () => view.viewport.zoomBy(0.8),
    fit: () => view.viewport.fit(),
    home: () => view.viewport.home(),
  };
  for (const button of view.section.querySelectorAll("[data-graph-do]")) {
    button.addEventListener("click", acts[button.dataset.graphDo]);
  }
}

// The assets whose paths are highlighted, and the text of the tooltip.
function said(view, target) {
  if (target.hasClass("asset")) {
    const { asset } = view.family.nodes.get(target.data("asset"));
    return { ids: [asset.id], words: asset.description.length > 40 ? [asset.description.slice(0, 300)] : [] };
  }
  if (target.hasClass("pair")) {
    const pair = view.family.pairs.get(target.id());
    return { ids: [pair.parent, pair.child], words: pair.uses.map((use) => useWords(use, view.drawing.words)) };
  }
  if (target.hasClass("chip")) {
    const child = target.data("child");
    const parents = view.family.near(child, true);
    const uses = parents.flatMap((id) => view.family.pairs.get(`${id}-${child}`).uses);
    return { ids: [child], words: uses.sort((one, other) => one.sequence_order - other.sequence_order).map((use) => useWords(use, view.drawing.words)) };
  }
  const side = target.data("isUp") ? "parents" : "children";
  if (target.hasClass("handle")) return { ids: [target.data("of")], words: [`Show ${side}`] };
  if (target.hasClass("hider")) return { ids: [target.data("of")], words: [`Hide ${side}`] };
  if (target.hasClass("more")) return { ids: [target.data("of")], words: [`Show more ${side}`] };
  return { ids: [], words: [] };
}

function useWords(use, words) {
  const range = span(use.parent_start_time, use.parent_end_time) + (use.parent_frame === null ? "" : `, frame ${use.parent_frame}`);
  const name = use.transformation?.fusion_name ? ` “${use.transformation.fusion_name}”` : "";
  const drawn = use.evidence === "manual" ? ", manual link" : "";
  return `${use.sequence_order + 1}. ${words.relations[use.relation_type] ?? use.relation_type}${name}: ${words.operations[use.operation_type] ?? use.operation_type}${range}${drawn}`;
}

// The same words as in the other views.
function span(start, end) {
  if (start !== null && start === end) return `, the frame at ${start} s`;
  if (start === null) return end === null ? "" : `, up to ${end} s`;
  return end === null ? `, from ${start} s` : `, from ${start} s to ${end} s`;
}

const LINES_MOST = 8;

function showTip(tip, words, at, canvas) {
  tip.hidden = !words.length;
  if (!words.length || !at) return;
  const lines = words.length > LINES_MOST ? [...words.slice(0, LINES_MOST - 1), `and ${words.length - LINES_MOST + 1} more`] : words;
  tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  place(tip, at, canvas);
}

function place(tip, { x, y }, canvas) {
  const left = Math.max(8, Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 8));
  const top = y + 18 + tip.offsetHeight > canvas.clientHeight ? y - tip.offsetHeight - 12 : y + 18;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
