// Small drawings for the canvas, as data: URLs in the colors of the page; the same strokes as the page's icons.

const MEDIA = {
  video: '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m10.5 9 4.5 3-4.5 3z"/>',
  image: '<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><circle cx="8.5" cy="9.5" r="1.5"/><path d="m4 18 5.5-5 3.5 3 3-2.5 5 4"/>',
  audio: '<path d="M9 18V6l10-2v11"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="16.5" cy="15" r="2.5"/>',
  model: '<path d="m12 3 8 4.5v9L12 21l-8-4.5v-9z"/><path d="m4 7.5 8 4.5 8-4.5M12 12v9"/>',
};

const OPERATIONS = {
  image_to_image: '<rect x="3" y="3" width="12" height="12" rx="2"/><path d="M19 9v8a2 2 0 0 1-2 2H9"/>',
  image_to_video: '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m10.5 9 4.5 3-4.5 3z"/>',
  video_extend: '<path d="M4 12h14M13 6.500l5.500 5.500-5.500 5.500M21.500 5v14"/>',
  video_transition: '<path d="M4 7h4c6 0 2 10 8 10h4M16.500 13.500 20 17l-3.500 3.500M4 17h4c1.500 0 2.400-.6 3-1.500M13 8.500c.6-.9 1.500-1.500 3-1.500h4"/>',
  fusion: '<circle cx="9" cy="12" r="6"/><circle cx="15" cy="12" r="6"/>',
  video_edit: '<path d="m5 19 1-4L16.500 4.500l3 3L9 18z"/>',
  video_remix: '<path d="M20 11a8 8 0 0 0-14.300-4L3.500 9.500M4 13a8 8 0 0 0 14.300 4l2.200-2.500M3.500 4.500v5h5M20.500 19.500v-5h-5"/>',
  video_upscale: '<path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/>',
  video_reframe: '<path d="M7 2v15h15M2 7h15v15"/>',
  lip_sync: '<path d="M3 12c3-4 5-5 6.500-5 1 0 1.700.7 2.500.7s1.500-.7 2.500-.7c1.500 0 3.500 1 6.500 5-3 4-6 5.500-9 5.500S6 16 3 12zM3 12h18"/>',
  add_audio: '<path d="M9 18V6l10-2v11"/><circle cx="6.500" cy="18" r="2.500"/><circle cx="16.500" cy="15" r="2.500"/>',
  motion_control: '<circle cx="6" cy="17" r="2.500"/><path d="M8 15c5-1 2-9 10-9M15 3l3 3-3 3"/>',
  storyboard: '<rect x="3" y="5" width="7.500" height="6" rx="1"/><rect x="13.500" y="5" width="7.500" height="6" rx="1"/><rect x="3" y="14" width="7.500" height="6" rx="1"/><rect x="13.500" y="14" width="7.500" height="6" rx="1"/>',
  frame_extract: '<path d="M8.500 4v16M15.500 4v16M5 12h14"/>',
  clip_extract: '<circle cx="6" cy="7" r="2.500"/><circle cx="6" cy="17" r="2.500"/><path d="M8 8.500 20 18M8 15.500 20 6"/>',
  composition: '<path d="m12 3 9 5-9 5-9-5zM3.500 13l8.500 4.500L20.500 13"/>',
  music: '<path d="M8.500 17.500V6L20 3.500V15"/><circle cx="6" cy="17.500" r="2.500"/><circle cx="17.500" cy="15" r="2.500"/>',
  speech: '<path d="M4 5h16v11h-8l-5 4v-4H4zM8 9h8M8 12h5"/>',
  upload: '<path d="M12 16V5M7 9.500 12 4.500l5 5M4 19.500h16"/>',
};
const OTHER = '<path d="M4 12h15M14 6.500l5.500 5.500-5.500 5.500"/>';

const url = (svg) => `data:image/svg+xml,${encodeURIComponent(svg)}`;
const kept = new Map();

function once(key, make) {
  if (!kept.has(key)) kept.set(key, url(make()));
  return kept.get(key);
}

function strokes(paths, color, place) {
  return `<g transform="${place}" fill="none" stroke="${color}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`;
}

export function operation(name, color) {
  return once(`operation ${name} ${color}`, () =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24">${strokes(OPERATIONS[name] ?? OTHER, color, "")}</svg>`);
}

// The placeholder of a picture that is missing or not loaded yet: the media type, and the reason.
export function stand(media, words, { paper, ink }, { width, height }) {
  return once(`stand ${media} ${words} ${paper} ${ink}`, () =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width * 2}" height="${height * 2}" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="${paper}"/>` +
    strokes(MEDIA[media] ?? MEDIA.image, ink, `translate(${width / 2 - 13} ${height / 2 - (words ? 24 : 13)}) scale(1.08)`) +
    (words ? `<text x="${width / 2}" y="${height / 2 + 20}" fill="${ink}" font-family="Inter, system-ui, sans-serif" font-size="12" text-anchor="middle">${words}</text>` : "") +
    "</svg>");
}

// The pill on a picture: media type and duration.
export function pill(media, length) {
  const width = length ? 30 + length.length * 6.4 : 26;
  return once(`pill ${media} ${length}`, () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20"><rect width="${width}" height="20" rx="6" fill="rgb(20 18 14)" fill-opacity=".74"/>` +
      strokes(MEDIA[media] ?? MEDIA.image, "#fff", "translate(6 3) scale(.58)") +
      (length ? `<text x="24" y="14" fill="#fff" font-family="Inter, system-ui, sans-serif" font-size="11" font-weight="500">${length}</text>` : "") +
      "</svg>");
}
