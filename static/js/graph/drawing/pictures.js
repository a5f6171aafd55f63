// Loads pictures before they are given to Cytoscape, which would try to draw missing ones.

const loaded = new Map();

// True for a loaded picture, false for a failed one, undefined before that is known.
export function isLoaded(address) {
  return loaded.get(address);
}

// Loads new pictures and calls `onSettled` once per frame with those that loaded or failed.
export function fetchPictures(urls, onSettled) {
  let fresh = new Set();
  const settled = (address, isOk) => {
    loaded.set(address, isOk);
    if (!fresh.size) {
      requestAnimationFrame(() => {
        const known = fresh;
        fresh = new Set();
        onSettled(known);
      });
    }
    fresh.add(address);
  };
  for (const address of new Set(urls)) {
    if (loaded.has(address)) continue;
    const picture = new Image();
    picture.addEventListener("load", () => settled(address, true));
    picture.addEventListener("error", () => settled(address, false));
    picture.src = address;
  }
}
