// Made from copy-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** What is remembered of a packet, by its place. */
// biome-ignore format: an accessor in one line
export class CopyAccess extends RecordViews {
  /** When it was seen, seconds. */
  time(at: number): number { return this.f64[at >> 3]; }
  setTime(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Hash of what no hop changes. */
  hashA(at: number): number { return this.i32[(at + 8) >> 2]; }
  setHashA(at: number, value: number): void { this.i32[(at + 8) >> 2] = value; }
  /** Another one. */
  hashB(at: number): number { return this.i32[(at + 12) >> 2]; }
  setHashB(at: number, value: number): void { this.i32[(at + 12) >> 2] = value; }
  /** Bucket of the first hash; -1 while unused. */
  bucket(at: number): number { return this.i32[(at + 16) >> 2]; }
  setBucket(at: number, value: number): void { this.i32[(at + 16) >> 2] = value; }
  /** Row of the next older packet in the bucket; -1 at its end. */
  next(at: number): number { return this.i32[(at + 20) >> 2]; }
  setNext(at: number, value: number): void { this.i32[(at + 20) >> 2] = value; }
  /** Hash of what a hop changes, besides the TTL. */
  link(at: number): number { return this.i32[(at + 24) >> 2]; }
  setLink(at: number, value: number): void { this.i32[(at + 24) >> 2] = value; }
  /** Its number. */
  packet(at: number): number { return this.u32[(at + 28) >> 2]; }
  setPacket(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** Its biflow. */
  flow(at: number): number { return this.u32[(at + 32) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** Loops: row of its previous pass; -1 for the first one. */
  previous(at: number): number { return this.i32[(at + 36) >> 2]; }
  setPrevious(at: number, value: number): void { this.i32[(at + 36) >> 2] = value; }
  /** How often it was seen so far with the same hop limit. */
  times(at: number): number { return this.u16[(at + 40) >> 1]; }
  setTimes(at: number, value: number): void { this.u16[(at + 40) >> 1] = value; }
  /** Its TTL. */
  ttl(at: number): number { return this.u8[at + 42]; }
  setTtl(at: number, value: number): void { this.u8[at + 42] = value; }
  /** Its direction in the biflow. */
  direction(at: number): number { return this.u8[at + 43]; }
  setDirection(at: number, value: number): void { this.u8[at + 43] = value; }
  /** Whether it is a copy: 1. */
  isCopy(at: number): number { return this.u8[at + 44]; }
  setIsCopy(at: number, value: number): void { this.u8[at + 44] = value; }
  /** Loops: passes with falling TTL so far, at most 255. */
  passes(at: number): number { return this.u8[at + 45]; }
  setPasses(at: number, value: number): void { this.u8[at + 45] = value; }
  /** Loops: passes with a higher TTL than before, at most 255. */
  rises(at: number): number { return this.u8[at + 46]; }
  setRises(at: number, value: number): void { this.u8[at + 46] = value; }
}
