// Made from deferred-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A deferred segment, by its place. */
// biome-ignore format: an accessor in one line
export class DeferredAccess extends RecordViews {
  /** Seconds since the first packet. */
  time(at: number): number { return this.f64[at >> 3]; }
  setTime(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Number of the packet. */
  packet(at: number): number { return this.u32[(at + 8) >> 2]; }
  setPacket(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** Its connection. */
  connection(at: number): number { return this.u32[(at + 12) >> 2]; }
  setConnection(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Sequence number. */
  seq(at: number): number { return this.u32[(at + 16) >> 2]; }
  setSeq(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Acknowledgement. */
  ack(at: number): number { return this.u32[(at + 20) >> 2]; }
  setAck(at: number, value: number): void { this.u32[(at + 20) >> 2] = value; }
  /** Kinds of the segment. */
  kinds(at: number): number { return this.u16[(at + 56) >> 1]; }
  setKinds(at: number, value: number): void { this.u16[(at + 56) >> 1] = value; }
  /** Flags of TCP. */
  flags(at: number): number { return this.u16[(at + 58) >> 1]; }
  setFlags(at: number, value: number): void { this.u16[(at + 58) >> 1] = value; }
  /** Unscaled window. */
  window(at: number): number { return this.u16[(at + 60) >> 1]; }
  setWindow(at: number, value: number): void { this.u16[(at + 60) >> 1] = value; }
  /** Octets of the IP packet. */
  l3Length(at: number): number { return this.u16[(at + 62) >> 1]; }
  setL3Length(at: number, value: number): void { this.u16[(at + 62) >> 1] = value; }
  /** IP ID. */
  ipId(at: number): number { return this.u16[(at + 64) >> 1]; }
  setIpId(at: number, value: number): void { this.u16[(at + 64) >> 1] = value; }
  /** TTL. */
  ttl(at: number): number { return this.u8[at + 66]; }
  setTtl(at: number, value: number): void { this.u8[at + 66] = value; }
  /** Direction. */
  direction(at: number): number { return this.u8[at + 67]; }
  setDirection(at: number, value: number): void { this.u8[at + 67] = value; }
  /** Edges of SACK blocks. */
  sackEdges(at: number): number { return this.u8[at + 68]; }
  setSackEdges(at: number, value: number): void { this.u8[at + 68] = value; }
  /** Whether these are foreign, see `isForeignSack`. */
  isForeign(at: number): number { return this.u8[at + 69]; }
  setIsForeign(at: number, value: number): void { this.u8[at + 69] = value; }
  /** An edge of a SACK block. */
  sackEdge(at: number): number { return this.u32[at >> 2]; }
  setSackEdge(at: number, value: number): void { this.u32[at >> 2] = value; }
}
