// Made from path-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a path in a tunnel, by its place. */
// biome-ignore format: an accessor in one line
export class PathAccess extends RecordViews {
  /** Octets of the outer IP packets. */
  octets(at: number): number { return this.f64[at >> 3]; }
  setOctets(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Time of the last packet, seconds. */
  lastTime(at: number): number { return this.f64[(at + 8) >> 3]; }
  setLastTime(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Packets. */
  packets(at: number): number { return this.u32[(at + 68) >> 2]; }
  setPackets(at: number, value: number): void { this.u32[(at + 68) >> 2] = value; }
  /** Those without an outer UDP checksum. */
  withoutChecksum(at: number): number { return this.u32[(at + 72) >> 2]; }
  setWithoutChecksum(at: number, value: number): void { this.u32[(at + 72) >> 2] = value; }
  /** Octets of the largest outer IP packet. */
  largest(at: number): number { return this.u32[(at + 76) >> 2]; }
  setLargest(at: number, value: number): void { this.u32[(at + 76) >> 2] = value; }
  /** Number of the last packet. */
  lastPacket(at: number): number { return this.u32[(at + 80) >> 2]; }
  setLastPacket(at: number, value: number): void { this.u32[(at + 80) >> 2] = value; }
  /** Index of the tunnel. */
  tunnel(at: number): number { return this.i32[(at + 84) >> 2]; }
  setTunnel(at: number, value: number): void { this.i32[(at + 84) >> 2] = value; }
  /** Whether no further outer UDP checksum is verified. */
  isVerified(at: number): number { return this.u8[at + 88]; }
  setIsVerified(at: number, value: number): void { this.u8[at + 88] = value; }
  /** A word of the key. */
  key(at: number): number { return this.i32[at >> 2]; }
  setKey(at: number, value: number): void { this.i32[at >> 2] = value; }
}
