// Made from unacked-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A remembered segment, by its place. */
// biome-ignore format: an accessor in one line
export class UnackedAccess extends RecordViews {
  /** Its first octet. */
  seq(at: number): number { return this.u32[at >> 2]; }
  setSeq(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** One past its last octet. */
  end(at: number): number { return this.u32[(at + 4) >> 2]; }
  setEnd(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** When it was sent, seconds since the first packet of the capture. */
  time(at: number): number { return this.f64[(at + 8) >> 3]; }
  setTime(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Number of its packet. */
  packet(at: number): number { return this.u32[(at + 16) >> 2]; }
  setPacket(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Packets that the peer had sent when it was sent. */
  reversePackets(at: number): number { return this.u32[(at + 20) >> 2]; }
  setReversePackets(at: number, value: number): void { this.u32[(at + 20) >> 2] = value; }
  /** IP packet, octets, << LENGTH_SHIFT | marks. */
  lengthAndMarks(at: number): number { return this.u32[(at + 24) >> 2]; }
  setLengthAndMarks(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** The segment sent next; of the last one of a list: the first one. */
  next(at: number): number { return this.u32[(at + 28) >> 2]; }
  setNext(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
}
