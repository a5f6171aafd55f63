// Highlights: the selection, and the path from the asset under the pointer to the root.

import { attached, hidersOf } from "./elements.js";

export class Light {
  constructor(view) {
    this.view = view;
    this.cy = view.cy;
  }

  // Called after a new graph or another selection.
  refresh() {
    this.cy.batch(() => {
      this.cy.elements(".is-picked").removeClass("is-picked");
      this.#offerToHide([]);
      const { pick } = this.view;
      if (!pick) return;
      if (pick.includes("-")) {
        this.cy.getElementById(pick).addClass("is-picked");
        this.cy.getElementById(`how${pick.split("-")[1]}`).addClass("is-picked");
      } else {
        this.cy.getElementById(`a${pick}`).addClass("is-picked");
      }
    });
  }

  // Shows handles that hide the sides of the selection and of these assets. They are kept when the pointer leaves the
  // card, so that they can be clicked.
  #offerToHide(ids) {
    const { family, address, viewport } = this.view;
    const wanted = new Set([...ids, Number(this.view.pick)].filter((id) => family.nodes.has(id)));
    this.cy.nodes(".hider").filter((hider) => !wanted.has(hider.data("of"))).remove();
    for (const id of wanted) {
      const place = viewport.goal(this.cy.getElementById(`a${id}`));
      for (const hider of hidersOf(family.nodes.get(id), family, address)) {
        const isThere = this.cy.getElementById(hider.data.id).nonempty();
        if (!isThere) this.cy.add({ ...hider, position: attached(hider, new Map([[`a${id}`, place]]), family) });
      }
    }
  }

  // Highlights the paths from these assets to the root.
  point(ids) {
    const { family } = this.view;
    const onPath = new Set(ids);
    for (const id of ids) for (const other of family.between(family.root, id)) onPath.add(other);
    this.cy.batch(() => {
      this.#clear();
      this.#offerToHide(ids);
      if (onPath.size < 2) return;
      for (const id of onPath) this.cy.getElementById(`a${id}`).addClass("is-lit");
      this.cy.edges().forEach((edge) => {
        const isLit = onPath.has(edge.source().data("asset")) && onPath.has(edge.target().data("asset"));
        edge.toggleClass("is-lit", isLit).toggleClass("is-dim", !isLit);
        if (isLit) this.cy.getElementById(`how${edge.target().data("asset")}`).addClass("is-lit");
      });
    });
  }

  leave() {
    this.cy.batch(() => this.#clear());
  }

  #clear() {
    this.cy.elements(".is-lit, .is-dim").removeClass("is-lit is-dim");
  }
}
