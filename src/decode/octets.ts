/** Reads numbers from bytes. This is the only file of the project that combines octets by shifts. */

export const u8 = (bytes: Uint8Array, at: number): number => bytes[at];

/** Two octets, network byte order. */
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** Three octets, network byte order. */
export const u24 = (bytes: Uint8Array, at: number): number => (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];

/** Four octets, network byte order, 0 to 2³²-1. */
export const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

/** Two octets, little-endian. */
export const u16le = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8);

/** Four octets, little-endian, 0 to 2³²-1. */
export const u32le = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
