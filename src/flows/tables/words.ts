/**
 * Arithmetic of 32-bit words for files that are also compiled to WebAssembly (`build/core.mjs`), where another file of
 * `build/core/` stands in the place of this one.
 */

/** Low 32 bits of the product, signed. */
export function multiply(a: i32, b: i32): i32 {
  return Math.imul(a, b);
}

/** Whether `a` is less than `b` as unsigned numbers. */
export function isBelow(a: i32, b: i32): boolean {
  return a >>> 0 < b >>> 0;
}

/** The word as an unsigned number. */
export function unsigned(a: i32): f64 {
  return a >>> 0;
}

/** The word that a whole number is. */
export function word(a: f64): i32 {
  return a | 0;
}

/** The signed word as a number with a fraction. */
export function float(a: i32): f64 {
  return a;
}
