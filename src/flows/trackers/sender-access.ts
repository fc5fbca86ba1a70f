// Made from sender-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a sender, by its place. */
// biome-ignore format: an accessor in one line
export class SenderAccess extends RecordViews {
  /** First two octets of the link address; -1 without one. */
  macUpper(at: number): number { return this.i32[at >> 2]; }
  setMacUpper(at: number, value: number): void { this.i32[at >> 2] = value; }
  /** The other four. */
  macLower(at: number): number { return this.i32[(at + 4) >> 2]; }
  setMacLower(at: number, value: number): void { this.i32[(at + 4) >> 2] = value; }
  /** Index of the point. */
  point(at: number): number { return this.i32[(at + 8) >> 2]; }
  setPoint(at: number, value: number): void { this.i32[(at + 8) >> 2] = value; }
  /** Directions whose first data was met. */
  data(at: number): number { return this.u32[(at + 12) >> 2]; }
  setData(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Packets with right checksums that were answered. */
  rightAnswered(at: number): number { return this.u32[(at + 16) >> 2]; }
  setRightAnswered(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Packets with wrong checksums. */
  wrong(at: number): number { return this.u32[(at + 20) >> 2]; }
  setWrong(at: number, value: number): void { this.u32[(at + 20) >> 2] = value; }
  /** Those of them that were answered. */
  wrongAnswered(at: number): number { return this.u32[(at + 24) >> 2]; }
  setWrongAnswered(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
}
