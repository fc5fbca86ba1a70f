// Also compiled to WebAssembly, with `flows/ordinary`.

/** Where the key of a path begins in its record, bytes, and its words. */
export const KEY_AT: i32 = 16;
export const KEY_WORDS: i32 = 13;

/** Marks of the last word of the key; above them is the point. */
export const OUTER_LINK: i32 = 1;
export const INNER_LINK: i32 = 2;
export const OUTER_IPV6: i32 = 4;
export const INNER_IPV6: i32 = 8;
export const POINT_SHIFT: i32 = 4;
