// Sizes of the graph's elements, in pixels at zoom 1.

export const CARD = { width: 184, height: 104, radius: 12 };
// Two lines of words below a card.
export const CAPTION = 44;
export const CHIP = { height: 24, gap: 12, most: 132 };
export const MORE = { width: 184, height: 46 };
export const HANDLE = { height: 26 };
// Below this zoom text is illegible, and elements that only hold text are hidden.
export const FAR = 0.42;
