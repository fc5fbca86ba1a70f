// Made from message-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A deferred message, by its place. */
// biome-ignore format: an accessor in one line
export class MessageAccess extends RecordViews {
  /** Seconds since the first packet. */
  time(at: number): number { return this.f64[at >> 3]; }
  setTime(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Number of the address of the sender. */
  source(at: number): number { return this.f64[(at + 8) >> 3]; }
  setSource(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Number of the address of the receiver. */
  destination(at: number): number { return this.f64[(at + 16) >> 3]; }
  setDestination(at: number, value: number): void { this.f64[(at + 16) >> 3] = value; }
  /** Number of the packet. */
  packet(at: number): number { return this.u32[(at + 24) >> 2]; }
  setPacket(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** Number of the biflow. */
  flow(at: number): number { return this.u32[(at + 28) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** Source port << 16 | destination port. */
  ports(at: number): number { return this.u32[(at + 32) >> 2]; }
  setPorts(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** Address of the message. */
  payload(at: number): number { return this.u32[(at + 36) >> 2]; }
  setPayload(at: number, value: number): void { this.u32[(at + 36) >> 2] = value; }
  /** Address behind what of it was captured. */
  payloadEnd(at: number): number { return this.u32[(at + 40) >> 2]; }
  setPayloadEnd(at: number, value: number): void { this.u32[(at + 40) >> 2] = value; }
  /** Its octets, captured or not. */
  payloadLength(at: number): number { return this.u32[(at + 44) >> 2]; }
  setPayloadLength(at: number, value: number): void { this.u32[(at + 44) >> 2] = value; }
  /** Octets of the IP packet. */
  l3Length(at: number): number { return this.u32[(at + 48) >> 2]; }
  setL3Length(at: number, value: number): void { this.u32[(at + 48) >> 2] = value; }
  /** Index of the outermost tunnel; -1 without. */
  tunnel(at: number): number { return this.i32[(at + 52) >> 2]; }
  setTunnel(at: number, value: number): void { this.i32[(at + 52) >> 2] = value; }
  /** What `encapsulationOf` says of the packet. */
  encapsulation(at: number): number { return this.u16[(at + 56) >> 1]; }
  setEncapsulation(at: number, value: number): void { this.u16[(at + 56) >> 1] = value; }
  /** Index of the point. */
  point(at: number): number { return this.u16[(at + 58) >> 1]; }
  setPoint(at: number, value: number): void { this.u16[(at + 58) >> 1] = value; }
  /** Direction. */
  direction(at: number): number { return this.u8[at + 60]; }
  setDirection(at: number, value: number): void { this.u8[at + 60] = value; }
  /** 1 when the addresses are of IPv6. */
  isIpv6(at: number): number { return this.u8[at + 61]; }
  setIsIpv6(at: number, value: number): void { this.u8[at + 61] = value; }
}
