// Made from datagram-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a datagram flow: fields of the flow take its place, fields of a direction that of the direction. */
// biome-ignore format: an accessor in one line
export class DatagramAccess extends RecordViews {
  /** Address as `wordOf` gives it. */
  client(at: number): number { return this.u32[at >> 2]; }
  setClient(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** As `client`. */
  server(at: number): number { return this.u32[(at + 4) >> 2]; }
  setServer(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** Client port << 16 | server port. */
  ports(at: number): number { return this.u32[(at + 8) >> 2]; }
  setPorts(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** Point << 16 | encapsulation. */
  place(at: number): number { return this.u32[(at + 12) >> 2]; }
  setPlace(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Number in the sightings. */
  flow(at: number): number { return this.u32[(at + 16) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** IP protocol. */
  protocol(at: number): number { return this.u8[at + 20]; }
  setProtocol(at: number, value: number): void { this.u8[at + 20] = value; }
  /** 1 when the addresses are of IPv6. */
  ipv6(at: number): number { return this.u8[at + 21]; }
  setIpv6(at: number, value: number): void { this.u8[at + 21] = value; }
  /** 1 when its first packet is an Initial of QUIC (RFC 9000, 17.2.2). */
  quic(at: number): number { return this.u8[at + 23]; }
  setQuic(at: number, value: number): void { this.u8[at + 23] = value; }
  /** The first tunnel: TunnelFlow index plus one; 0 without. */
  tunnel(at: number): number { return this.u32[(at + 24) >> 2]; }
  setTunnel(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** The second one. */
  otherTunnel(at: number): number { return this.u32[(at + 28) >> 2]; }
  setOtherTunnel(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** Bit 1 << direction: a packet of it went to a group address. */
  toGroup(at: number): number { return this.u8[at + 22]; }
  setToGroup(at: number, value: number): void { this.u8[at + 22] = value; }
  /** Time of the first packet after the last answer, seconds. */
  sinceTime(at: number): number { return this.f64[(at + 32) >> 3]; }
  setSinceTime(at: number, value: number): void { this.f64[(at + 32) >> 3] = value; }
  /** Payload sent to the server after its last answer, octets. */
  sinceOctets(at: number): number { return this.f64[(at + 40) >> 3]; }
  setSinceOctets(at: number, value: number): void { this.f64[(at + 40) >> 3] = value; }
  /** Packets to the server after its last answer. */
  sincePackets(at: number): number { return this.u32[(at + 48) >> 2]; }
  setSincePackets(at: number, value: number): void { this.u32[(at + 48) >> 2] = value; }
  /** Number of the first of them. */
  sincePacket(at: number): number { return this.u32[(at + 52) >> 2]; }
  setSincePacket(at: number, value: number): void { this.u32[(at + 52) >> 2] = value; }
  /** Longest time from a request to its answer, seconds. */
  longestAnswer(at: number): number { return this.f64[(at + 56) >> 3]; }
  setLongestAnswer(at: number, value: number): void { this.f64[(at + 56) >> 3] = value; }
  /** Shortest time from an unanswered request to the next, s. */
  shortestWait(at: number): number { return this.f64[(at + 64) >> 3]; }
  setShortestWait(at: number, value: number): void { this.f64[(at + 64) >> 3] = value; }
  /** Requests that another one follows, after the first answer. */
  unanswered(at: number): number { return this.u32[(at + 72) >> 2]; }
  setUnanswered(at: number, value: number): void { this.u32[(at + 72) >> 2] = value; }
  /** Packets to the client that follow another one to it. */
  answersAgain(at: number): number { return this.u32[(at + 76) >> 2]; }
  setAnswersAgain(at: number, value: number): void { this.u32[(at + 76) >> 2] = value; }
  /** Packets. */
  packets(at: number): number { return this.u32[at >> 2]; }
  setPackets(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** Largest IP packet, octets. */
  largestL3(at: number): number { return this.u32[(at + 4) >> 2]; }
  setLargestL3(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** Payload, octets. */
  octets(at: number): number { return this.f64[(at + 8) >> 3]; }
  setOctets(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Time of the first packet, seconds. */
  firstTime(at: number): number { return this.f64[(at + 16) >> 3]; }
  setFirstTime(at: number, value: number): void { this.f64[(at + 16) >> 3] = value; }
  /** Time of the last packet, seconds. */
  lastTime(at: number): number { return this.f64[(at + 24) >> 3]; }
  setLastTime(at: number, value: number): void { this.f64[(at + 24) >> 3] = value; }
  /** Number of the first packet. */
  firstPacket(at: number): number { return this.u32[(at + 32) >> 2]; }
  setFirstPacket(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** Number of the last packet. */
  lastPacket(at: number): number { return this.u32[(at + 36) >> 2]; }
  setLastPacket(at: number, value: number): void { this.u32[(at + 36) >> 2] = value; }
}
