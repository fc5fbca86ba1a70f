import { u8, u16, u32 } from '../decode/octets.ts';
import type { Packet } from '../decode/packet.ts';

/**
 * The octets that a filter looks at: a packet from its link header on, or one inside a tunnel. One instance is reused.
 *
 * A filter that reads past the captured octets selects nothing, as the machine of BPF has it: then `hasFailed` is set,
 * and what the rest of the expression says does not count.
 */
export class Frame {
  bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the link header, or of the network header where there is none. */
  start = 0;
  /** Captured octets. */
  length = 0;
  /** Octets on the wire. */
  wireLength = 0;
  hasFailed = false;
  packet: Packet | undefined;
  /** Tunnels around it. */
  depth = 0;
  /** Offsets that are known only while the packet is looked at: behind Geneve and VXLAN. */
  readonly slots: number[] = [];

  u8(at: number): number {
    if (at >= 0 && at + 1 <= this.length) return u8(this.bytes, this.start + at);
    this.hasFailed = true;
    return 0;
  }

  u16(at: number): number {
    if (at >= 0 && at + 2 <= this.length) return u16(this.bytes, this.start + at);
    this.hasFailed = true;
    return 0;
  }

  u32(at: number): number {
    if (at >= 0 && at + 4 <= this.length) return u32(this.bytes, this.start + at);
    this.hasFailed = true;
    return 0;
  }
}

export type Test = (frame: Frame) => boolean;
export type Value = (frame: Frame) => number;

export const NEVER: Test = () => false;
export const ALWAYS: Test = () => true;

/** In order, as far as needed: a test that is not needed reads nothing. */
export const both =
  (first: Test, second: Test): Test =>
  (frame) =>
    first(frame) && second(frame);
export const either =
  (first: Test, second: Test): Test =>
  (frame) =>
    first(frame) || second(frame);
export const not =
  (test: Test): Test =>
  (frame) =>
    !test(frame);

export const all = (first: Test, ...more: Test[]): Test => more.reduce(both, first);
export const any = (first: Test, ...more: Test[]): Test => more.reduce(either, first);

/** An offset in a frame: a number, or one in a slot and a number. */
export interface Offset {
  /** Index of the slot; -1 without one. */
  slot: number;
  add: number;
}

export const plus = ({ slot, add }: Offset, more: number): Offset => ({ slot, add: add + more });
export const fixed = (add: number): Offset => ({ slot: -1, add });

/** The octets at an offset, as a number. */
export function read({ slot, add }: Offset, size: 1 | 2 | 4): Value {
  if (slot < 0) {
    if (size === 1) return (frame) => frame.u8(add);
    return size === 2 ? (frame) => frame.u16(add) : (frame) => frame.u32(add);
  }
  return (frame) => {
    const at = frame.slots[slot] + add;
    if (size === 1) return frame.u8(at);
    return size === 2 ? frame.u16(at) : frame.u32(at);
  };
}

export function equals(offset: Offset, size: 1 | 2 | 4, wanted: number, mask = 0xffffffff): Test {
  const value = read(offset, size);
  if (mask === 0xffffffff) return (frame) => value(frame) === wanted;
  return (frame) => (value(frame) & mask) >>> 0 === wanted;
}
