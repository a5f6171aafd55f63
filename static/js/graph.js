// Starts the graph view on pages that have one; its modules are loaded only then.

async function attach() {
  const section = document.querySelector("[data-graph]:not([data-attached])");
  if (!section) return;
  section.dataset.attached = "yes";
  const { open } = await import("./graph/view.js");
  if (section.isConnected) await open(section);
}

attach();
document.addEventListener("htmx:load", attach);
