// Made from host-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a host, by its place. */
// biome-ignore format: an accessor in one line
export class HostAccess extends RecordViews {
  /** Number of the address. */
  address(at: number): number { return this.f64[at >> 3]; }
  setAddress(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Packets that it sent. */
  sent(at: number): number { return this.f64[(at + 8) >> 3]; }
  setSent(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** When it sent the latest one, seconds. */
  lastSent(at: number): number { return this.f64[(at + 16) >> 3]; }
  setLastSent(at: number, value: number): void { this.f64[(at + 16) >> 3] = value; }
  /** The current run: source link address of its latest packets. */
  mac(at: number): number { return this.f64[(at + 24) >> 3]; }
  setMac(at: number, value: number): void { this.f64[(at + 24) >> 3] = value; }
  /** Packets in a row with this link address. */
  macRun(at: number): number { return this.f64[(at + 32) >> 3]; }
  setMacRun(at: number, value: number): void { this.f64[(at + 32) >> 3] = value; }
  /** Packets in a row with this TTL. */
  ttlRun(at: number): number { return this.f64[(at + 40) >> 3]; }
  setTtlRun(at: number, value: number): void { this.f64[(at + 40) >> 3] = value; }
  /** Packets that it received. */
  received(at: number): number { return this.f64[(at + 48) >> 3]; }
  setReceived(at: number, value: number): void { this.f64[(at + 48) >> 3] = value; }
  /** When it received the latest one, seconds. */
  lastReceived(at: number): number { return this.f64[(at + 56) >> 3]; }
  setLastReceived(at: number, value: number): void { this.f64[(at + 56) >> 3] = value; }
  /** When it sent the first one, seconds. */
  firstSent(at: number): number { return this.f64[(at + 64) >> 3]; }
  setFirstSent(at: number, value: number): void { this.f64[(at + 64) >> 3] = value; }
  /** When it received the first one, seconds. */
  firstReceived(at: number): number { return this.f64[(at + 72) >> 3]; }
  setFirstReceived(at: number, value: number): void { this.f64[(at + 72) >> 3] = value; }
  /** Twice the point, plus one for outer addresses. */
  place(at: number): number { return this.i32[(at + 80) >> 2]; }
  setPlace(at: number, value: number): void { this.i32[(at + 80) >> 2] = value; }
  /** The current run: TTL of its latest packets. */
  ttl(at: number): number { return this.u8[at + 84]; }
  setTtl(at: number, value: number): void { this.u8[at + 84] = value; }
}
