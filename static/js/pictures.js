// A picture that cannot be loaded gives way to the words beneath it; a video plays while it is pointed at.

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

document.addEventListener(
  "error",
  (event) => {
    if (event.target.matches?.("[data-picture]")) event.target.classList.add("is-broken");
  },
  true,
);

// Pictures that failed before this module was there.
function giveWay() {
  for (const picture of document.querySelectorAll("img[data-picture]")) {
    if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) picture.classList.add("is-broken");
  }
}

function play(card) {
  const frame = card.querySelector("[data-preview]");
  if (!frame || calm.matches || frame.querySelector("video")) return;
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

function follow(starts, ends) {
  document.addEventListener(starts, (event) => {
    const card = event.target.closest?.("[data-preview-card]");
    if (card) play(card);
  });
  document.addEventListener(ends, (event) => {
    const card = event.target.closest?.("[data-preview-card]");
    if (card && !card.contains(event.relatedTarget)) stop(card);
  });
}

giveWay();
document.addEventListener("htmx:load", giveWay);
follow("pointerover", "pointerout");
follow("focusin", "focusout");
