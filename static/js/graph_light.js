// What stands out: what is picked, and the way to the subject from what is pointed at.

export class Light {
  constructor(view) {
    this.view = view;
    this.cy = view.cy;
  }

  // After a new picture or another pick.
  refresh() {
    this.cy.batch(() => {
      this.cy.elements(".is-picked, .is-near").removeClass("is-picked is-near");
      const { pick } = this.view;
      if (!pick) return;
      if (pick.includes("-")) {
        this.cy.getElementById(pick).addClass("is-picked");
        this.cy.getElementById(`how${pick.split("-")[1]}`).addClass("is-picked");
      } else {
        this.cy.getElementById(`a${pick}`).addClass("is-picked");
        this.#near(Number(pick));
      }
    });
  }

  #near(id) {
    for (const side of ["p", "c"]) this.cy.getElementById(`close${id}${side}`).addClass("is-near");
  }

  // The ways from these assets to the subject; handles to hide their sides come up.
  point(ids) {
    const { family } = this.view;
    const onWay = new Set(ids);
    for (const id of ids) for (const other of family.between(family.root, id)) onWay.add(other);
    this.cy.batch(() => {
      this.#clear();
      for (const id of ids) this.#near(id);
      if (onWay.size < 2) return;
      for (const id of onWay) this.cy.getElementById(`a${id}`).addClass("is-lit");
      this.cy.edges().forEach((edge) => {
        const isLit = onWay.has(edge.source().data("asset")) && onWay.has(edge.target().data("asset"));
        edge.toggleClass("is-lit", isLit).toggleClass("is-dim", !isLit);
        if (isLit) this.cy.getElementById(`how${edge.target().data("asset")}`).addClass("is-lit");
      });
    });
  }

  leave() {
    this.cy.batch(() => {
      this.#clear();
      this.refresh();
    });
  }

  #clear() {
    this.cy.elements(".is-lit, .is-dim, .is-near").removeClass("is-lit is-dim is-near");
  }
}
