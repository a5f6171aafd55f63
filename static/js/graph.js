// Brings the graph view to life where a page holds one; only then is what draws it loaded.

async function attach() {
  const section = document.querySelector("[data-graph]:not([data-attached])");
  if (!section) return;
  section.dataset.attached = "yes";
  const { open } = await import("./graph/view.js");
  if (section.isConnected) await open(section);
}

attach();
document.addEventListener("htmx:load", attach);
