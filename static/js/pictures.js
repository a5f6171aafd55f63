// Thumbnails: hides those that fail to load, which reveals the text beneath; plays a video preview on hover and focus.

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

document.addEventListener(
  "error",
  (event) => {
    if (event.target.matches?.("[data-picture]")) event.target.classList.add("is-broken");
  },
  true,
);

// Images that failed before this module was loaded.
function hideBrokenImages() {
  for (const picture of document.querySelectorAll("img[data-picture]")) {
    if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) picture.classList.add("is-broken");
  }
}

function play(card) {
  const frame = card.querySelector("[data-preview]");
  if (!frame || reducedMotion.matches || frame.querySelector("video")) return;
  const video = document.createElement("video");
  video.className = "thumb__preview";
  video.src = frame.dataset.preview;
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  video.tabIndex = -1;
  video.hidden = true;
  video.setAttribute("aria-hidden", "true");
  video.addEventListener("playing", () => (video.hidden = false), { once: true });
  video.addEventListener("error", () => video.remove(), { once: true });
  frame.append(video);
  video.play().catch(() => video.remove());
}

function stop(card) {
  card.querySelector("[data-preview] video")?.remove();
}

function previewBetween(startEvent, endEvent) {
  document.addEventListener(startEvent, (event) => {
    const card = event.target.closest?.("[data-preview-card]");
    if (card) play(card);
  });
  document.addEventListener(endEvent, (event) => {
    const card = event.target.closest?.("[data-preview-card]");
    if (card && !card.contains(event.relatedTarget)) stop(card);
  });
}

hideBrokenImages();
document.addEventListener("htmx:load", hideBrokenImages);
previewBetween("pointerover", "pointerout");
previewBetween("focusin", "focusout");
