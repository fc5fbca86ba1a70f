// Made from state-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** What the core and its caller tell each other, at place 0. */
// biome-ignore format: an accessor in one line
export class StateAccess extends RecordViews {
  /** Time of the first packet: seconds since 1970. */
  baseSeconds(at: number): number { return this.f64[at >> 3]; }
  setBaseSeconds(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Time of the previous record: seconds since 1970. */
  lastSeconds(at: number): number { return this.f64[(at + 8) >> 3]; }
  setLastSeconds(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Time of the last packet taken, seconds since the first packet. */
  lastTime(at: number): number { return this.f64[(at + 16) >> 3]; }
  setLastTime(at: number, value: number): void { this.f64[(at + 16) >> 3] = value; }
  /** Time of the packet at hand, seconds since the first packet. */
  time(at: number): number { return this.f64[(at + 24) >> 3]; }
  setTime(at: number, value: number): void { this.f64[(at + 24) >> 3] = value; }
  /** Rest of `lastSeconds`. */
  lastNanoseconds(at: number): number { return this.i32[(at + 80) >> 2]; }
  setLastNanoseconds(at: number, value: number): void { this.i32[(at + 80) >> 2] = value; }
  /** Rest of `baseSeconds`. */
  baseNanoseconds(at: number): number { return this.i32[(at + 84) >> 2]; }
  setBaseNanoseconds(at: number, value: number): void { this.i32[(at + 84) >> 2] = value; }
  /** Address of the next record. */
  at(at: number): number { return this.i32[(at + 92) >> 2]; }
  setAt(at: number, value: number): void { this.i32[(at + 92) >> 2] = value; }
  /** Address behind the octets of the file. */
  end(at: number): number { return this.i32[(at + 96) >> 2]; }
  setEnd(at: number, value: number): void { this.i32[(at + 96) >> 2] = value; }
  /** Number of the latest record in the file. */
  number(at: number): number { return this.i32[(at + 100) >> 2]; }
  setNumber(at: number, value: number): void { this.i32[(at + 100) >> 2] = value; }
  /** Packets of this run without IP ID, with payload. */
  sentOnce(at: number): number { return this.i32[(at + 112) >> 2]; }
  setSentOnce(at: number, value: number): void { this.i32[(at + 112) >> 2] = value; }
  /** Most octets of a record. */
  maxCaptured(at: number): number { return this.i32[(at + 116) >> 2]; }
  setMaxCaptured(at: number, value: number): void { this.i32[(at + 116) >> 2] = value; }
  /** Units of the fraction of a record. */
  unitsPerSecond(at: number): number { return this.i32[(at + 120) >> 2]; }
  setUnitsPerSecond(at: number, value: number): void { this.i32[(at + 120) >> 2] = value; }
  /** Length of such a unit. */
  nanosecondsPerUnit(at: number): number { return this.i32[(at + 124) >> 2]; }
  setNanosecondsPerUnit(at: number, value: number): void { this.i32[(at + 124) >> 2] = value; }
  /** Packets whose number has none of these bits are not taken. */
  generalMask(at: number): number { return this.i32[(at + 128) >> 2]; }
  setGeneralMask(at: number, value: number): void { this.i32[(at + 128) >> 2] = value; }
  /** Index of the point at hand. */
  point(at: number): number { return this.i32[(at + 132) >> 2]; }
  setPoint(at: number, value: number): void { this.i32[(at + 132) >> 2] = value; }
  /** Address of the latest packets (`Copies`). */
  rows(at: number): number { return this.i32[(at + 144) >> 2]; }
  setRows(at: number, value: number): void { this.i32[(at + 144) >> 2] = value; }
  /** Address of their buckets. */
  buckets(at: number): number { return this.i32[(at + 148) >> 2]; }
  setBuckets(at: number, value: number): void { this.i32[(at + 148) >> 2] = value; }
  /** Row of the next packet. */
  nextRow(at: number): number { return this.i32[(at + 156) >> 2]; }
  setNextRow(at: number, value: number): void { this.i32[(at + 156) >> 2] = value; }
  /** Address of the slots that find connections. */
  slots(at: number): number { return this.i32[(at + 164) >> 2]; }
  setSlots(at: number, value: number): void { this.i32[(at + 164) >> 2] = value; }
  /** Bits of a slot that hold the connection plus one. */
  slotMask(at: number): number { return this.i32[(at + 168) >> 2]; }
  setSlotMask(at: number, value: number): void { this.i32[(at + 168) >> 2] = value; }
  /** Address of the addresses of blocks of connections. */
  blocks(at: number): number { return this.i32[(at + 172) >> 2]; }
  setBlocks(at: number, value: number): void { this.i32[(at + 172) >> 2] = value; }
  /** Address of the segments not yet acknowledged. */
  unacked(at: number): number { return this.i32[(at + 176) >> 2]; }
  setUnacked(at: number, value: number): void { this.i32[(at + 176) >> 2] = value; }
  /** First free segment. */
  unackedFree(at: number): number { return this.i32[(at + 180) >> 2]; }
  setUnackedFree(at: number, value: number): void { this.i32[(at + 180) >> 2] = value; }
  /** The next segment that was never used. */
  unackedUnused(at: number): number { return this.i32[(at + 184) >> 2]; }
  setUnackedUnused(at: number, value: number): void { this.i32[(at + 184) >> 2] = value; }
  /** Room for segments, bytes. */
  unackedEnd(at: number): number { return this.i32[(at + 188) >> 2]; }
  setUnackedEnd(at: number, value: number): void { this.i32[(at + 188) >> 2] = value; }
  /** Address of the words of link addresses. */
  linkAddresses(at: number): number { return this.i32[(at + 192) >> 2]; }
  setLinkAddresses(at: number, value: number): void { this.i32[(at + 192) >> 2] = value; }
  /** Address of the records of hosts. */
  hosts(at: number): number { return this.i32[(at + 196) >> 2]; }
  setHosts(at: number, value: number): void { this.i32[(at + 196) >> 2] = value; }
  /** Address of the slots that find hosts. */
  hostSlots(at: number): number { return this.i32[(at + 200) >> 2]; }
  setHostSlots(at: number, value: number): void { this.i32[(at + 200) >> 2] = value; }
  /** As `slotMask`. */
  hostMask(at: number): number { return this.i32[(at + 204) >> 2]; }
  setHostMask(at: number, value: number): void { this.i32[(at + 204) >> 2] = value; }
  /** Address of the states of `PacketFates`. */
  fates(at: number): number { return this.i32[(at + 208) >> 2]; }
  setFates(at: number, value: number): void { this.i32[(at + 208) >> 2] = value; }
  /** Number of these states. */
  fateRows(at: number): number { return this.i32[(at + 212) >> 2]; }
  setFateRows(at: number, value: number): void { this.i32[(at + 212) >> 2] = value; }
  /** Biflows that have such a state. */
  fateFlows(at: number): number { return this.i32[(at + 216) >> 2]; }
  setFateFlows(at: number, value: number): void { this.i32[(at + 216) >> 2] = value; }
  /** Address of the packets of biflows, by direction. */
  counts(at: number): number { return this.i32[(at + 220) >> 2]; }
  setCounts(at: number, value: number): void { this.i32[(at + 220) >> 2] = value; }
  /** Address of the numbers of large transfers. */
  transfers(at: number): number { return this.i32[(at + 228) >> 2]; }
  setTransfers(at: number, value: number): void { this.i32[(at + 228) >> 2] = value; }
  /** Address of what was read of connections. */
  contents(at: number): number { return this.i32[(at + 240) >> 2]; }
  setContents(at: number, value: number): void { this.i32[(at + 240) >> 2] = value; }
  /** Address of its places, by connection. */
  contentPlaces(at: number): number { return this.i32[(at + 244) >> 2]; }
  setContentPlaces(at: number, value: number): void { this.i32[(at + 244) >> 2] = value; }
  /** Number of these places. */
  contentRows(at: number): number { return this.i32[(at + 248) >> 2]; }
  setContentRows(at: number, value: number): void { this.i32[(at + 248) >> 2] = value; }
  /** Large transfers. */
  transfersKept(at: number): number { return this.i32[(at + 384) >> 2]; }
  setTransfersKept(at: number, value: number): void { this.i32[(at + 384) >> 2] = value; }
  /** Large transfers that there is room for. */
  mostTransfers(at: number): number { return this.i32[(at + 388) >> 2]; }
  setMostTransfers(at: number, value: number): void { this.i32[(at + 388) >> 2] = value; }
  /** Number of the next biflow. */
  nextFlow(at: number): number { return this.i32[(at + 392) >> 2]; }
  setNextFlow(at: number, value: number): void { this.i32[(at + 392) >> 2] = value; }
  /** Connections. */
  connections(at: number): number { return this.i32[(at + 396) >> 2]; }
  setConnections(at: number, value: number): void { this.i32[(at + 396) >> 2] = value; }
  /** Connections that there is room for. */
  mostConnections(at: number): number { return this.i32[(at + 400) >> 2]; }
  setMostConnections(at: number, value: number): void { this.i32[(at + 400) >> 2] = value; }
  /** Address of the marks of ports that got a SYN. */
  serverPorts(at: number): number { return this.i32[(at + 404) >> 2]; }
  setServerPorts(at: number, value: number): void { this.i32[(at + 404) >> 2] = value; }
  /** Address of the slots that find link addresses. */
  linkSlots(at: number): number { return this.i32[(at + 408) >> 2]; }
  setLinkSlots(at: number, value: number): void { this.i32[(at + 408) >> 2] = value; }
  /** As `slotMask`. */
  linkMask(at: number): number { return this.i32[(at + 412) >> 2]; }
  setLinkMask(at: number, value: number): void { this.i32[(at + 412) >> 2] = value; }
  /** Address of what acknowledges the verified packets. */
  expected(at: number): number { return this.i32[(at + 416) >> 2]; }
  setExpected(at: number, value: number): void { this.i32[(at + 416) >> 2] = value; }
  /** Address of the senders of the verified packets. */
  fateSenders(at: number): number { return this.i32[(at + 420) >> 2]; }
  setFateSenders(at: number, value: number): void { this.i32[(at + 420) >> 2] = value; }
  /** Directions of a sender whose first data is verified. */
  firstData(at: number): number { return this.i32[(at + 424) >> 2]; }
  setFirstData(at: number, value: number): void { this.i32[(at + 424) >> 2] = value; }
  /** Address of the records of these senders. */
  senders(at: number): number { return this.i32[(at + 428) >> 2]; }
  setSenders(at: number, value: number): void { this.i32[(at + 428) >> 2] = value; }
  /** Address of the slots that find them. */
  senderSlots(at: number): number { return this.i32[(at + 432) >> 2]; }
  setSenderSlots(at: number, value: number): void { this.i32[(at + 432) >> 2] = value; }
  /** As `slotMask`. */
  senderMask(at: number): number { return this.i32[(at + 436) >> 2]; }
  setSenderMask(at: number, value: number): void { this.i32[(at + 436) >> 2] = value; }
  /** Address of the marks of octets that clients begin with. */
  clientBegins(at: number): number { return this.i32[(at + 440) >> 2]; }
  setClientBegins(at: number, value: number): void { this.i32[(at + 440) >> 2] = value; }
  /** Whether the payload of the last packet is to be read. */
  isToRead(at: number): number { return this.i32[(at + 448) >> 2]; }
  setIsToRead(at: number, value: number): void { this.i32[(at + 448) >> 2] = value; }
  /** Its connection. */
  toReadOf(at: number): number { return this.i32[(at + 452) >> 2]; }
  setToReadOf(at: number, value: number): void { this.i32[(at + 452) >> 2] = value; }
  /** Its direction. */
  toReadDirection(at: number): number { return this.i32[(at + 456) >> 2]; }
  setToReadDirection(at: number, value: number): void { this.i32[(at + 456) >> 2] = value; }
  /** Address of that payload. */
  toReadAt(at: number): number { return this.i32[(at + 460) >> 2]; }
  setToReadAt(at: number, value: number): void { this.i32[(at + 460) >> 2] = value; }
  /** Address behind it. */
  toReadEnd(at: number): number { return this.i32[(at + 464) >> 2]; }
  setToReadEnd(at: number, value: number): void { this.i32[(at + 464) >> 2] = value; }
  /** Its octets, captured or not. */
  toReadOctets(at: number): number { return this.i32[(at + 468) >> 2]; }
  setToReadOctets(at: number, value: number): void { this.i32[(at + 468) >> 2] = value; }
  /** Its sequence number. */
  toReadSeq(at: number): number { return this.i32[(at + 472) >> 2]; }
  setToReadSeq(at: number, value: number): void { this.i32[(at + 472) >> 2] = value; }
  /** Address of the deferred segments of this run. */
  deferred(at: number): number { return this.i32[(at + 476) >> 2]; }
  setDeferred(at: number, value: number): void { this.i32[(at + 476) >> 2] = value; }
  /** How many they are. */
  deferredLength(at: number): number { return this.i32[(at + 480) >> 2]; }
  setDeferredLength(at: number, value: number): void { this.i32[(at + 480) >> 2] = value; }
  /** Number of these counts. */
  countRows(at: number): number { return this.i32[(at + 224) >> 2]; }
  setCountRows(at: number, value: number): void { this.i32[(at + 224) >> 2] = value; }
  /** What is kept of each packet: see `row-modes.ts`. */
  rowMode(at: number): number { return this.i32[(at + 256) >> 2]; }
  setRowMode(at: number, value: number): void { this.i32[(at + 256) >> 2] = value; }
  /** Address of the page of rows. */
  page(at: number): number { return this.i32[(at + 260) >> 2]; }
  setPage(at: number, value: number): void { this.i32[(at + 260) >> 2] = value; }
  /** Rows in it. */
  pageRows(at: number): number { return this.i32[(at + 264) >> 2]; }
  setPageRows(at: number, value: number): void { this.i32[(at + 264) >> 2] = value; }
  /** Most rows in it. */
  mostRows(at: number): number { return this.i32[(at + 268) >> 2]; }
  setMostRows(at: number, value: number): void { this.i32[(at + 268) >> 2] = value; }
  /** Address of the rows kept of biflows, by direction. */
  kept(at: number): number { return this.i32[(at + 272) >> 2]; }
  setKept(at: number, value: number): void { this.i32[(at + 272) >> 2] = value; }
  /** Number of these. */
  keptRows(at: number): number { return this.i32[(at + 276) >> 2]; }
  setKeptRows(at: number, value: number): void { this.i32[(at + 276) >> 2] = value; }
  /** Address of the page of the packet index. */
  index(at: number): number { return this.i32[(at + 280) >> 2]; }
  setIndex(at: number, value: number): void { this.i32[(at + 280) >> 2] = value; }
  /** Its first packet. */
  firstIndexed(at: number): number { return this.i32[(at + 284) >> 2]; }
  setFirstIndexed(at: number, value: number): void { this.i32[(at + 284) >> 2] = value; }
  /** Packets that it holds. */
  mostIndexed(at: number): number { return this.i32[(at + 288) >> 2]; }
  setMostIndexed(at: number, value: number): void { this.i32[(at + 288) >> 2] = value; }
  /** Form of the records: see `read-record.ts`. */
  form(at: number): number { return this.i32[(at + 292) >> 2]; }
  setForm(at: number, value: number): void { this.i32[(at + 292) >> 2] = value; }
  /** Blocks: a second near the packets, since 1970. */
  stampSeconds(at: number): number { return this.f64[(at + 296) >> 3]; }
  setStampSeconds(at: number, value: number): void { this.f64[(at + 296) >> 3] = value; }
  /** Upper word of its time stamp. */
  stampHigh(at: number): number { return this.i32[(at + 304) >> 2]; }
  setStampHigh(at: number, value: number): void { this.i32[(at + 304) >> 2] = value; }
  /** Lower word. */
  stampLow(at: number): number { return this.i32[(at + 308) >> 2]; }
  setStampLow(at: number, value: number): void { this.i32[(at + 308) >> 2] = value; }
  /** Header of the frames: see `read-link.ts`. */
  linkHeader(at: number): number { return this.i32[(at + 312) >> 2]; }
  setLinkHeader(at: number, value: number): void { this.i32[(at + 312) >> 2] = value; }
  /** Address of the slots that find IPv6 addresses. */
  addressSlots(at: number): number { return this.i32[(at + 316) >> 2]; }
  setAddressSlots(at: number, value: number): void { this.i32[(at + 316) >> 2] = value; }
  /** Number of these slots less one. */
  addressMask(at: number): number { return this.i32[(at + 320) >> 2]; }
  setAddressMask(at: number, value: number): void { this.i32[(at + 320) >> 2] = value; }
  /** Address of the words of IPv6 addresses. */
  addressWords(at: number): number { return this.i32[(at + 324) >> 2]; }
  setAddressWords(at: number, value: number): void { this.i32[(at + 324) >> 2] = value; }
  /** Address of the paths in tunnels. */
  paths(at: number): number { return this.i32[(at + 328) >> 2]; }
  setPaths(at: number, value: number): void { this.i32[(at + 328) >> 2] = value; }
  /** Address of the slots that find them. */
  pathSlots(at: number): number { return this.i32[(at + 332) >> 2]; }
  setPathSlots(at: number, value: number): void { this.i32[(at + 332) >> 2] = value; }
  /** As `slotMask`. */
  pathMask(at: number): number { return this.i32[(at + 336) >> 2]; }
  setPathMask(at: number, value: number): void { this.i32[(at + 336) >> 2] = value; }
  /** Address of the tunnels of the verified packets. */
  fateTunnels(at: number): number { return this.i32[(at + 340) >> 2]; }
  setFateTunnels(at: number, value: number): void { this.i32[(at + 340) >> 2] = value; }
  /** Address of the verified packets of tunnels. */
  tunnelsSent(at: number): number { return this.i32[(at + 344) >> 2]; }
  setTunnelsSent(at: number, value: number): void { this.i32[(at + 344) >> 2] = value; }
  /** Address of those that were answered. */
  tunnelsAnswered(at: number): number { return this.i32[(at + 348) >> 2]; }
  setTunnelsAnswered(at: number, value: number): void { this.i32[(at + 348) >> 2] = value; }
  /** Tunnels that there is room for in both. */
  tunnelRows(at: number): number { return this.i32[(at + 352) >> 2]; }
  setTunnelRows(at: number, value: number): void { this.i32[(at + 352) >> 2] = value; }
  /** Address of the tunnels of the packets in that page. */
  indexTunnels(at: number): number { return this.i32[(at + 356) >> 2]; }
  setIndexTunnels(at: number, value: number): void { this.i32[(at + 356) >> 2] = value; }
  /** Address of the records of points. */
  points(at: number): number { return this.i32[(at + 360) >> 2]; }
  setPoints(at: number, value: number): void { this.i32[(at + 360) >> 2] = value; }
  /** How many they are. */
  pointsLength(at: number): number { return this.i32[(at + 364) >> 2]; }
  setPointsLength(at: number, value: number): void { this.i32[(at + 364) >> 2] = value; }
  /** Address of the deferred messages of this run. */
  messages(at: number): number { return this.i32[(at + 368) >> 2]; }
  setMessages(at: number, value: number): void { this.i32[(at + 368) >> 2] = value; }
  /** How many they are. */
  messagesLength(at: number): number { return this.i32[(at + 372) >> 2]; }
  setMessagesLength(at: number, value: number): void { this.i32[(at + 372) >> 2] = value; }
  /** Address of the records of biflows other than TCP. */
  biflows(at: number): number { return this.i32[(at + 488) >> 2]; }
  setBiflows(at: number, value: number): void { this.i32[(at + 488) >> 2] = value; }
  /** Address of the slots that find them. */
  biflowSlots(at: number): number { return this.i32[(at + 492) >> 2]; }
  setBiflowSlots(at: number, value: number): void { this.i32[(at + 492) >> 2] = value; }
  /** As `slotMask`. */
  biflowMask(at: number): number { return this.i32[(at + 496) >> 2]; }
  setBiflowMask(at: number, value: number): void { this.i32[(at + 496) >> 2] = value; }
  /** How many they are. */
  biflowsLength(at: number): number { return this.i32[(at + 500) >> 2]; }
  setBiflowsLength(at: number, value: number): void { this.i32[(at + 500) >> 2] = value; }
  /** How many there is room for. */
  mostBiflows(at: number): number { return this.i32[(at + 504) >> 2]; }
  setMostBiflows(at: number, value: number): void { this.i32[(at + 504) >> 2] = value; }
  /** The first word of the key of the path at hand. */
  pathKey(at: number): number { return this.i32[(at + 512) >> 2]; }
  setPathKey(at: number, value: number): void { this.i32[(at + 512) >> 2] = value; }
}
