/** Reflected polynomial of CRC-32C (RFC 9260, appendix A). */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let rest = octet;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  return rest;
});

/** CRC-32C of `bytes[at … end)`, with four zeros in place of the field at `fieldAt`. */
export function crc32c(bytes: Uint8Array, at: number, end: number, fieldAt: number): number {
  let crc = 0xffffffff;
  for (let place = at; place < end; place++) {
    const octet = place >= fieldAt && place < fieldAt + 4 ? 0 : bytes[place];
    crc = TABLE[(crc ^ octet) & 0xff] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
