// Toasts: a close button on each; success and info toasts disappear after a few seconds.

const READING_MS = 9000;

function attach(toast) {
  if (toast.dataset.attached) return;
  toast.dataset.attached = "yes";
  const close = toast.querySelector("[data-toast-close]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
  if (toast.dataset.toast === "success" || toast.dataset.toast === "info") removeLater(toast);
}

function removeLater(toast) {
  let timer = setTimeout(() => toast.remove(), READING_MS);
  const pause = () => clearTimeout(timer);
  const resume = () => {
    pause();
    timer = setTimeout(() => toast.remove(), READING_MS);
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", resume);
}

const toasts = document.getElementById("toasts");
const attachAll = () => toasts.querySelectorAll("[data-toast]").forEach(attach);

attachAll();
new MutationObserver(attachAll).observe(toasts, { childList: true });
