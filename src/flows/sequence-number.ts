/**
 * TCP sequence numbers (RFC 9293, 3.4): 32 bits that wrap. Only these functions compare and subtract them. Invariant:
 * numbers are 0 to 2³²-1; two numbers are comparable when they are less than 2³¹ apart.
 */

/** Octets from `from` to `to`; negative when `to` is earlier. */
export const distance = (from: number, to: number): number => (to - from) | 0;

export const isBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0;

export const isAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0;

/** `sequence` plus `octets`. */
export const advance = (sequence: number, octets: number): number => (sequence + octets) >>> 0;
