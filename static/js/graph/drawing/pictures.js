// Pictures are given to Cytoscape only once they have come: it would try to draw one that is missing.

const here = new Map();

// Whether a picture has come; undefined before that is known.
export function hasCome(address) {
  return here.get(address);
}

// Fetches what is not known yet, and tells of all that became known since the last frame at once.
export function fetchPictures(addresses, tell) {
  let fresh = new Set();
  const settled = (address, isHere) => {
    here.set(address, isHere);
    if (!fresh.size) {
      requestAnimationFrame(() => {
        const known = fresh;
        fresh = new Set();
        tell(known);
      });
    }
    fresh.add(address);
  };
  for (const address of new Set(addresses)) {
    if (here.has(address)) continue;
    const picture = new Image();
    picture.addEventListener("load", () => settled(address, true));
    picture.addEventListener("error", () => settled(address, false));
    picture.src = address;
  }
}
