// Made from point-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a point, by its place. */
// biome-ignore format: an accessor in one line
export class PointAccess extends RecordViews {
  /** Latest time at the point, seconds since the first packet. */
  lastTime(at: number): number { return this.f64[at >> 3]; }
  setLastTime(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Interface that SLL2 tells; -1 of other frames. */
  linkInterface(at: number): number { return this.i32[(at + 8) >> 2]; }
  setLinkInterface(at: number, value: number): void { this.i32[(at + 8) >> 2] = value; }
  /** Index of the point. */
  index(at: number): number { return this.i32[(at + 12) >> 2]; }
  setIndex(at: number, value: number): void { this.i32[(at + 12) >> 2] = value; }
  /** Packets whose checksums are verified; below 0 none. */
  toVerify(at: number): number { return this.i32[(at + 16) >> 2]; }
  setToVerify(at: number, value: number): void { this.i32[(at + 16) >> 2] = value; }
  /** Packets of this run. */
  packets(at: number): number { return this.i32[(at + 20) >> 2]; }
  setPackets(at: number, value: number): void { this.i32[(at + 20) >> 2] = value; }
  /** Those of them that were not captured whole. */
  cut(at: number): number { return this.i32[(at + 24) >> 2]; }
  setCut(at: number, value: number): void { this.i32[(at + 24) >> 2] = value; }
  /** Segments of this run above the MSS. */
  superSegments(at: number): number { return this.i32[(at + 28) >> 2]; }
  setSuperSegments(at: number, value: number): void { this.i32[(at + 28) >> 2] = value; }
}
