/**
 * TCP sequence numbers (RFC 9293, 3.4): 32 bits that wrap. Only these functions compare and subtract them. Invariant:
 * numbers are 0 to 2³²-1; two numbers are comparable when they are less than 2³¹ apart.
 */

/** Octets from `from` to `to`; negative when `to` is earlier. */
export function distance(from: i32, to: i32): i32 {
  return (to - from) | 0;
}

export function isBefore(a: i32, b: i32): boolean {
  return ((a - b) | 0) < 0;
}

export function isAfter(a: i32, b: i32): boolean {
  return ((a - b) | 0) > 0;
}

/** `sequence` plus `octets`. */
export function advance(sequence: number, octets: number): number {
  return (sequence + octets) >>> 0;
}
