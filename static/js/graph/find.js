// Find in graph: highlights matches, Enter moves to the next one.

import { titleOf } from "./drawing/elements.js";

export class Finder {
  constructor(view) {
    this.view = view;
    this.form = view.part("find");
    this.field = this.form.querySelector("input");
    this.count = view.part("found");
    this.found = [];
    this.at = -1;
    this.field.addEventListener("input", () => this.refresh());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.next(1);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.shiftKey) {
        event.preventDefault();
        this.next(-1);
      } else if (event.key === "Escape") {
        event.preventDefault();
        this.field.value = "";
        this.refresh();
        view.canvas.focus({ preventScroll: true });
      }
    });
  }

  refresh() {
    const { cy, family, drawing } = this.view;
    const asked = this.field.value.trim().toLowerCase();
    const matches = ({ asset }) =>
      [titleOf(asset), asset.provider_asset_id, drawing.words.operations[asset.operation_type], String(asset.id)].some((text) => text?.toLowerCase().includes(asked));
    this.found = asked ? [...family.nodes.values()].filter(matches).map((node) => node.asset.id) : [];
    this.at = -1;
    cy.batch(() => {
      cy.nodes(".is-found").removeClass("is-found");
      for (const id of this.found) cy.getElementById(`a${id}`).addClass("is-found");
    });
    this.count.textContent = asked ? `${this.found.length || "none"}` : "";
  }

  next(step) {
    if (!this.found.length) return;
    this.at = (this.at + step + this.found.length) % this.found.length;
    const id = this.found[this.at];
    this.count.textContent = `${this.at + 1} of ${this.found.length}`;
    this.view.setPick(String(id));
    this.view.viewport.reveal(id);
    this.view.panel.announce(id);
  }
}
