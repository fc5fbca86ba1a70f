/**
 * Reading and writing linear memory: the only seam between the two builds of this folder. This file is the TypeScript
 * one; `build/core/memory.ts` stands in its place when the folder is compiled to WebAssembly.
 *
 *   u8At … f64At, setU8 … setF64   a field of a record, little-endian, at a multiple of its size
 *   le32At, be16At, be32At         octets of the file, anywhere
 */

let octets: Uint8Array = new Uint8Array(0);
let halves: Uint16Array = new Uint16Array(0);
let words: Int32Array = new Int32Array(0);
let floats: Float32Array = new Float32Array(0);
let doubles: Float64Array = new Float64Array(0);

/** Takes the memory that is read and written from now on. */
export function attach(buffer: ArrayBufferLike): void {
  if (octets.buffer === buffer) return;
  octets = new Uint8Array(buffer);
  halves = new Uint16Array(buffer);
  words = new Int32Array(buffer);
  floats = new Float32Array(buffer);
  doubles = new Float64Array(buffer);
}

export function u8At(at: i32): i32 {
  return octets[at];
}

export function setU8(at: i32, value: i32): void {
  octets[at] = value;
}

export function u16At(at: i32): i32 {
  return halves[at >> 1];
}

export function setU16(at: i32, value: i32): void {
  halves[at >> 1] = value;
}

export function i32At(at: i32): i32 {
  return words[at >> 2];
}

export function setI32(at: i32, value: i32): void {
  words[at >> 2] = value;
}

export function f32At(at: i32): f64 {
  return floats[at >> 2];
}

export function setF32(at: i32, value: f64): void {
  floats[at >> 2] = value;
}

export function f64At(at: i32): f64 {
  return doubles[at >> 3];
}

export function setF64(at: i32, value: f64): void {
  doubles[at >> 3] = value;
}

/** Two octets, network byte order. */
export function be16At(at: i32): i32 {
  return (octets[at] << 8) | octets[at + 1];
}

/** Four octets, network byte order, signed. */
export function be32At(at: i32): i32 {
  return (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
}

/** Four octets, little-endian, signed. */
export function le32At(at: i32): i32 {
  return octets[at] | (octets[at + 1] << 8) | (octets[at + 2] << 16) | (octets[at + 3] << 24);
}
