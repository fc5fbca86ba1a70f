// Made from record-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a connection: fields of the connection take its place, fields of a direction that of the direction. */
// biome-ignore format: an accessor in one line
export class ConnectionAccess extends RecordViews {
  /** Address, of IPv6 its number less 2³². Roles are those of the first packet between these end points. */
  client(at: number): number { return this.u32[at >> 2]; }
  clientSigned(at: number): number { return this.i32[at >> 2]; }
  setClient(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** As `client`. */
  server(at: number): number { return this.u32[(at + 4) >> 2]; }
  serverSigned(at: number): number { return this.i32[(at + 4) >> 2]; }
  setServer(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** Client port << 16 | server port. */
  ports(at: number): number { return this.u32[(at + 8) >> 2]; }
  portsSigned(at: number): number { return this.i32[(at + 8) >> 2]; }
  setPorts(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** Point << 16 | encapsulation. */
  place(at: number): number { return this.u32[(at + 12) >> 2]; }
  placeSigned(at: number): number { return this.i32[(at + 12) >> 2]; }
  setPlace(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Number of the connection in the sightings. */
  flow(at: number): number { return this.u32[(at + 16) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Low 12 bits: marks, ROLES_FROM_SYN and on; the 20 above: which letters the history has. */
  marksAndLetters(at: number): number { return this.i32[(at + 20) >> 2]; }
  setMarksAndLetters(at: number, value: number): void { this.i32[(at + 20) >> 2] = value; }
  hasMarksAndLetters(at: number, bits: number): boolean { return (this.i32[(at + 20) >> 2] & bits) !== 0; }
  addMarksAndLetters(at: number, bits: number): void { this.i32[(at + 20) >> 2] |= bits; }
  removeMarksAndLetters(at: number, bits: number): void { this.i32[(at + 20) >> 2] &= ~bits; }
  /** The request that waits for its answer: packet. */
  requestPacket(at: number): number { return this.u32[(at + 24) >> 2]; }
  setRequestPacket(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** Its payload, octets. */
  requestOctets(at: number): number { return this.u32[(at + 28) >> 2]; }
  setRequestOctets(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** When it was sent, seconds. */
  requestTime(at: number): number { return this.f64[(at + 32) >> 3]; }
  setRequestTime(at: number, value: number): void { this.f64[(at + 32) >> 3] = value; }
  /** When it was acknowledged, seconds; -1 before. */
  requestAckTime(at: number): number { return this.f64[(at + 40) >> 3]; }
  setRequestAckTime(at: number, value: number): void { this.f64[(at + 40) >> 3] = value; }
  /** Last data of the server, seconds. */
  answerTime(at: number): number { return this.f64[(at + 48) >> 3]; }
  setAnswerTime(at: number, value: number): void { this.f64[(at + 48) >> 3] = value; }
  /** Payload of the server since the latest request, octets. */
  answerOctets(at: number): number { return this.u32[(at + 56) >> 2]; }
  setAnswerOctets(at: number, value: number): void { this.u32[(at + 56) >> 2] = value; }
  /** Position of its large transfer plus one; 0 without one. */
  transfer(at: number): number { return this.u32[(at + 60) >> 2]; }
  setTransfer(at: number, value: number): void { this.u32[(at + 60) >> 2] = value; }
  /** HAS_ISS and on. */
  marks(at: number): number { return this.u16[at >> 1]; }
  setMarks(at: number, value: number): void { this.u16[at >> 1] = value; }
  hasMarks(at: number, bits: number): boolean { return (this.u16[at >> 1] & bits) !== 0; }
  addMarks(at: number, bits: number): void { this.u16[at >> 1] |= bits; }
  removeMarks(at: number, bits: number): void { this.u16[at >> 1] &= ~bits; }
  /** Kinds of the last segment. */
  lastKinds(at: number): number { return this.u16[(at + 2) >> 1]; }
  setLastKinds(at: number, value: number): void { this.u16[(at + 2) >> 1] = value; }
  /** Unscaled window of the last segment. */
  window(at: number): number { return this.u16[(at + 4) >> 1]; }
  setWindow(at: number, value: number): void { this.u16[(at + 4) >> 1] = value; }
  /** Duplicate ACKs in a row. */
  dupAcks(at: number): number { return this.u16[(at + 6) >> 1]; }
  setDupAcks(at: number, value: number): void { this.u16[(at + 6) >> 1] = value; }
  /** One past the highest octet seen (Wireshark). */
  nextSeq(at: number): number { return this.u32[(at + 8) >> 2]; }
  nextSeqSigned(at: number): number { return this.i32[(at + 8) >> 2]; }
  setNextSeq(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** One past the highest octet that has no hole before it. */
  contiguous(at: number): number { return this.u32[(at + 12) >> 2]; }
  contiguousSigned(at: number): number { return this.i32[(at + 12) >> 2]; }
  setContiguous(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Acknowledgement of the last segment. */
  lastAck(at: number): number { return this.u32[(at + 16) >> 2]; }
  lastAckSigned(at: number): number { return this.i32[(at + 16) >> 2]; }
  setLastAck(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Highest acknowledgement. */
  highestAck(at: number): number { return this.u32[(at + 20) >> 2]; }
  highestAckSigned(at: number): number { return this.i32[(at + 20) >> 2]; }
  setHighestAck(at: number, value: number): void { this.u32[(at + 20) >> 2] = value; }
  /** Time of the last packet, seconds. */
  lastTime(at: number): number { return this.f64[(at + 24) >> 3]; }
  setLastTime(at: number, value: number): void { this.f64[(at + 24) >> 3] = value; }
  /** Number of the last packet. */
  lastPacket(at: number): number { return this.u32[(at + 32) >> 2]; }
  setLastPacket(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** Packets. */
  packets(at: number): number { return this.u32[(at + 36) >> 2]; }
  setPackets(at: number, value: number): void { this.u32[(at + 36) >> 2] = value; }
  /** Payload, octets. */
  payloadOctets(at: number): number { return this.f64[(at + 40) >> 3]; }
  setPayloadOctets(at: number, value: number): void { this.f64[(at + 40) >> 3] = value; }
  /** Segments that had payload. */
  dataSegments(at: number): number { return this.u32[(at + 48) >> 2]; }
  setDataSegments(at: number, value: number): void { this.u32[(at + 48) >> 2] = value; }
  /** Last of the remembered segments, see `UnackedSegments`. */
  listTail(at: number): number { return this.u32[(at + 52) >> 2]; }
  setListTail(at: number, value: number): void { this.u32[(at + 52) >> 2] = value; }
  /** Lowest sequence number. */
  seqLow(at: number): number { return this.u32[(at + 56) >> 2]; }
  seqLowSigned(at: number): number { return this.i32[(at + 56) >> 2]; }
  setSeqLow(at: number, value: number): void { this.u32[(at + 56) >> 2] = value; }
  /** Remembered segments. */
  listLength(at: number): number { return this.u16[(at + 60) >> 1]; }
  setListLength(at: number, value: number): void { this.u16[(at + 60) >> 1] = value; }
  /** IP ID of the segment with the highest octet. */
  nextSeqIpId(at: number): number { return this.u16[(at + 62) >> 1]; }
  setNextSeqIpId(at: number, value: number): void { this.u16[(at + 62) >> 1] = value; }
  /** TTL of the first packet. */
  ttl(at: number): number { return this.u8[at + 64]; }
  setTtl(at: number, value: number): void { this.u8[at + 64] = value; }
  /** Window scale, or SCALE_ABSENT and on. */
  windowScale(at: number): number { return this.u8[at + 65]; }
  setWindowScale(at: number, value: number): void { this.u8[at + 65] = value; }
  /** TunnelFlow index of the first packet plus one. */
  tunnel(at: number): number { return this.u16[(at + 66) >> 1]; }
  setTunnel(at: number, value: number): void { this.u16[(at + 66) >> 1] = value; }
  /** Of the first packet, by number of `LinkAddresses`. */
  sourceMac(at: number): number { return this.u16[(at + 68) >> 1]; }
  setSourceMac(at: number, value: number): void { this.u16[(at + 68) >> 1] = value; }
  /** As `sourceMac`. */
  destinationMac(at: number): number { return this.u16[(at + 70) >> 1]; }
  setDestinationMac(at: number, value: number): void { this.u16[(at + 70) >> 1] = value; }
  /** Largest IP packet with payload, octets. */
  largestL3(at: number): number { return this.u16[(at + 72) >> 1]; }
  setLargestL3(at: number, value: number): void { this.u16[(at + 72) >> 1] = value; }
  /** Largest that was acknowledged, octets. */
  largestAckedL3(at: number): number { return this.u16[(at + 74) >> 1]; }
  setLargestAckedL3(at: number, value: number): void { this.u16[(at + 74) >> 1] = value; }
  /** MSS option, octets. */
  mss(at: number): number { return this.u16[(at + 76) >> 1]; }
  setMss(at: number, value: number): void { this.u16[(at + 76) >> 1] = value; }
  /** Segments with SYN. */
  syns(at: number): number { return this.u16[(at + 78) >> 1]; }
  setSyns(at: number, value: number): void { this.u16[(at + 78) >> 1] = value; }
  /** Highest timestamp. */
  tsLast(at: number): number { return this.u32[(at + 80) >> 2]; }
  setTsLast(at: number, value: number): void { this.u32[(at + 80) >> 2] = value; }
  /** Most octets that were under way. */
  largestFlight(at: number): number { return this.i32[(at + 84) >> 2]; }
  setLargestFlight(at: number, value: number): void { this.i32[(at + 84) >> 2] = value; }
  /** Round trips measured. */
  rttSamples(at: number): number { return this.u32[(at + 88) >> 2]; }
  setRttSamples(at: number, value: number): void { this.u32[(at + 88) >> 2] = value; }
  /** Median round trip of data, seconds. */
  rttMedian(at: number): number { return this.f32[(at + 92) >> 2]; }
  setRttMedian(at: number, value: number): void { this.f32[(at + 92) >> 2] = value; }
  /** Shortest round trip, seconds. */
  rttMin(at: number): number { return this.f32[(at + 96) >> 2]; }
  setRttMin(at: number, value: number): void { this.f32[(at + 96) >> 2] = value; }
  /** Longest round trip, seconds. */
  rttMax(at: number): number { return this.f32[(at + 100) >> 2]; }
  setRttMax(at: number, value: number): void { this.f32[(at + 100) >> 2] = value; }
  /** Time of the first packet, seconds. */
  firstTime(at: number): number { return this.f64[(at + 104) >> 3]; }
  setFirstTime(at: number, value: number): void { this.f64[(at + 104) >> 3] = value; }
  /** Number of the first packet. */
  firstPacket(at: number): number { return this.u32[(at + 112) >> 2]; }
  setFirstPacket(at: number, value: number): void { this.u32[(at + 112) >> 2] = value; }
  /** Initial sequence number, see HAS_ISS. */
  iss(at: number): number { return this.u32[(at + 116) >> 2]; }
  setIss(at: number, value: number): void { this.u32[(at + 116) >> 2] = value; }
  /** First timestamp. */
  tsFirst(at: number): number { return this.u32[(at + 120) >> 2]; }
  setTsFirst(at: number, value: number): void { this.u32[(at + 120) >> 2] = value; }
  /** Segments with FIN. */
  fins(at: number): number { return this.u16[(at + 124) >> 1]; }
  setFins(at: number, value: number): void { this.u16[(at + 124) >> 1] = value; }
  /** Segments with RST. */
  resets(at: number): number { return this.u16[(at + 126) >> 1]; }
  setResets(at: number, value: number): void { this.u16[(at + 126) >> 1] = value; }
  /** Time of the ACK that ends the handshake, seconds. */
  handshakeAckTime(at: number): number { return this.f64[(at + 320) >> 3]; }
  setHandshakeAckTime(at: number, value: number): void { this.f64[(at + 320) >> 3] = value; }
  /** Its packet; 0 when not seen. */
  handshakeAckPacket(at: number): number { return this.u32[(at + 328) >> 2]; }
  setHandshakeAckPacket(at: number, value: number): void { this.u32[(at + 328) >> 2] = value; }
  /** What the first SYN-ACK acknowledges, see HAS_SYN_ACK. */
  synAckAcks(at: number): number { return this.u32[(at + 332) >> 2]; }
  setSynAckAcks(at: number, value: number): void { this.u32[(at + 332) >> 2] = value; }
  /** Answered requests. */
  turns(at: number): number { return this.u32[(at + 336) >> 2]; }
  setTurns(at: number, value: number): void { this.u32[(at + 336) >> 2] = value; }
  /** Order of the letters of the history, see `writeHistory`. */
  historyOrder(at: number): number { return this.u32[(at + 340) >> 2]; }
  setHistoryOrder(at: number, value: number): void { this.u32[(at + 340) >> 2] = value; }
  /** All turns together, seconds. */
  turnSeconds(at: number): number { return this.f32[(at + 344) >> 2]; }
  setTurnSeconds(at: number, value: number): void { this.f32[(at + 344) >> 2] = value; }
  /** The fastest turn, seconds. */
  fastestTurn(at: number): number { return this.f32[(at + 348) >> 2]; }
  setFastestTurn(at: number, value: number): void { this.f32[(at + 348) >> 2] = value; }
  /** First packet of the latest request, seconds. */
  requestStart(at: number): number { return this.f64[(at + 384) >> 3]; }
  setRequestStart(at: number, value: number): void { this.f64[(at + 384) >> 3] = value; }
  /** First FIN or reset, seconds, see HAS_END. */
  endTime(at: number): number { return this.f64[(at + 392) >> 3]; }
  setEndTime(at: number, value: number): void { this.f64[(at + 392) >> 3] = value; }
  /** Packet of the first FIN or reset. */
  endPacket(at: number): number { return this.u32[(at + 404) >> 2]; }
  setEndPacket(at: number, value: number): void { this.u32[(at + 404) >> 2] = value; }
  /** Seconds without data before the end. */
  endIdle(at: number): number { return this.f32[(at + 400) >> 2]; }
  setEndIdle(at: number, value: number): void { this.f32[(at + 400) >> 2] = value; }
  /** All stalls together, see `noteStall`, seconds. */
  stallSeconds(at: number): number { return this.f32[(at + 408) >> 2]; }
  setStallSeconds(at: number, value: number): void { this.f32[(at + 408) >> 2] = value; }
  /** Stalls of the client. */
  stallsToServer(at: number): number { return this.u16[(at + 412) >> 1]; }
  setStallsToServer(at: number, value: number): void { this.u16[(at + 412) >> 1] = value; }
  /** Stalls of the server. */
  stallsToClient(at: number): number { return this.u16[(at + 414) >> 1]; }
  setStallsToClient(at: number, value: number): void { this.u16[(at + 414) >> 1] = value; }
  /** HAS_END and on. */
  endMarks(at: number): number { return this.u16[(at + 416) >> 1]; }
  setEndMarks(at: number, value: number): void { this.u16[(at + 416) >> 1] = value; }
  hasEndMarks(at: number, bits: number): boolean { return (this.u16[(at + 416) >> 1] & bits) !== 0; }
  addEndMarks(at: number, bits: number): void { this.u16[(at + 416) >> 1] |= bits; }
  removeEndMarks(at: number, bits: number): void { this.u16[(at + 416) >> 1] &= ~bits; }
  /** Turns of its TLS handshake, at most 255. */
  tlsTurns(at: number): number { return this.u8[at + 418]; }
  setTlsTurns(at: number, value: number): void { this.u8[at + 418] = value; }
  /** When data of a direction was first acknowledged, seconds, see HAS_ACKED_DATA. */
  ackedDataTime(at: number): number { return this.f64[at >> 3]; }
  setAckedDataTime(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** The packet that acknowledged it. */
  ackedDataPacket(at: number): number { return this.u32[(at + 8) >> 2]; }
  setAckedDataPacket(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** The lowest acknowledgement that settles some of what is open. */
  openLow(at: number): number { return this.u32[at >> 2]; }
  setOpenLow(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** End of the highest octets that were sent again, see OPEN_REPEATS. */
  openHigh(at: number): number { return this.u32[(at + 4) >> 2]; }
  setOpenHigh(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
}
