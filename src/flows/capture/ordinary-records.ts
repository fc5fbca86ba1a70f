import { AddressBook } from '../../decode/address-book.ts';
import type { RecordForm } from '../../decode/files/capture-record.ts';
import { CLIENT_BEGINS } from '../../decode/messages/opening.ts';
import { Packet } from '../../decode/packet.ts';
import type { ContentTracker } from '../content/content-tracker.ts';
import type { CapturePoint, CaptureSummary, Direction } from '../evidence/evidence.ts';
import { BIG_ENDIAN, BLOCKS } from '../ordinary/read-record.ts';
import { ALL_ROWS } from '../ordinary/row-modes.ts';
import { type Core, type CoreBuild, coreOver } from '../ordinary/run-core.ts';
import { StateAccess } from '../ordinary/state-access.ts';
import { STATE_AT, STATE_LAYOUT } from '../ordinary/state-layout.ts';
import type { RowPlaces, SightingTable } from '../rows/sighting-table.ts';
import { grownIn } from '../tables/columns.ts';
import { LinearMemory } from '../tables/linear-memory.ts';
import { MEDIAN_STEP } from '../tcp/note-delivery.ts';
import { IDLE_SECONDS } from '../tcp/note-silence.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';
import { TRANSFERS_KEPT } from '../tcp/turn-limits.ts';
import type { CarrierTracker } from '../trackers/carrier-tracker.ts';
import type { HostTracker } from '../trackers/host-tracker.ts';
import type { PacketFates } from '../trackers/packet-fates.ts';
import { MOST_PROBE_TTL } from '../trackers/probe-tracker.ts';
import type { CaptureClock } from './capture-clock.ts';
import type { Copies } from './copies.ts';
import { DeferredSegments } from './deferred-segments.ts';
import { type KeptRows, lendRows } from './lend-rows.ts';
import type { LatestRecord, OrdinaryRuns } from './time-order.ts';

const NANOSECONDS = 1e9;
/** Packets to verify of one run, where all are. */
const MOST_TO_VERIFY = 0x7fff_ffff;
/** Records that are handed on without asking the core, when it took none for a while. */
const LONGEST_PAUSE = 16;
/** So many times in a row it took none before such a pause. */
const PATIENCE = 32;

/** The tables that an ordinary packet reads and writes. */
export interface OrdinaryTables extends KeptRows {
  readonly summary: CaptureSummary;
  readonly point: CapturePoint;
  readonly clock: CaptureClock;
  /** Time of the previous packet, by point. */
  readonly previousTimes: number[];
  readonly copies: Copies;
  readonly tcp: TcpTracker;
  readonly contents: ContentTracker;
  /** Counts biflows. */
  readonly flows: { flowCount: number };
  readonly fates: PacketFates;
  readonly hosts: HostTracker;
  readonly carriers: CarrierTracker;
}

export interface OrdinaryOptions {
  build: CoreBuild;
  /** Packets of the point whose checksums are verified. */
  firstPackets: number;
  /** Packets whose number has none of these bits go the general way. */
  generalMask: number;
}

/**
 * Lends the tables of `CaptureTracker` to the core, which takes whole runs of ordinary packets from the octets of the file
 * (`flows/ordinary`). They lie in linear memory from then on. Numbers that are no table are written into the state before a
 * run, and taken over after it.
 */
export class OrdinaryRecords implements OrdinaryRuns {
  orderedEnd = 0;
  readonly #linear = new LinearMemory(STATE_AT);
  readonly #state = new StateAccess(STATE_LAYOUT.bytes, this.#linear);
  readonly #core: Core;
  readonly #tables: OrdinaryTables;
  readonly #firstPackets: number;
  readonly #unitsPerSecond: number;
  /** Regions when the core was told where the tables are. */
  #described = -1;
  /** What is handed on of a packet that the core has taken. */
  readonly #packet = new Packet(new AddressBook());
  readonly #deferred: DeferredSegments;
  /** Records that go the general way before the core is asked again. */
  #pause = 0;
  /** How often in a row it took none. */
  #inVain = 0;
  /** Whether the core knows the time stamp of a second near the packets. */
  #hasStamp = false;
  /** The table that writes its rows in linear memory. */
  #rows: SightingTable | undefined;
  readonly #rowPlaces: RowPlaces = { page: 0, rows: 0, mostRows: 0, isHeadsOnly: false, kept: 0, keptRows: 0 };

  private constructor(form: RecordForm, tables: OrdinaryTables, { build, firstPackets, generalMask }: OrdinaryOptions) {
    const { tcp, contents, copies, fates, hosts, counts, point } = tables;
    const linear = this.#linear;
    this.#core = coreOver(linear.memory, build);
    this.#tables = tables;
    this.#firstPackets = firstPackets;
    this.#rows = tables.rows();
    for (const table of [tcp, contents.table, copies, fates, hosts, counts, this.#rows]) table?.moveInto(linear);
    const state = this.#state;
    this.#unitsPerSecond = form.unitsPerSecond;
    state.setForm(0, (form.isLittleEndian ? 0 : BIG_ENDIAN) | (form.isBlocks ? BLOCKS : 0));
    state.setMaxCaptured(0, form.maxCaptured);
    state.setUnitsPerSecond(0, form.unitsPerSecond);
    state.setNanosecondsPerUnit(0, NANOSECONDS / form.unitsPerSecond);
    state.setGeneralMask(0, generalMask);
    state.setPoint(0, point.index);
    state.setMostProbeTtl(0, MOST_PROBE_TTL);
    state.setClientBegins(0, grownIn(linear, CLIENT_BEGINS, CLIENT_BEGINS.length).byteOffset);
    this.#deferred = new DeferredSegments(linear, tcp, this.#packet);
    state.setDeferred(0, this.#deferred.linearAddress);
    state.setMostDeferred(0, this.#deferred.most);
    state.setIdleSeconds(0, IDLE_SECONDS);
    state.setMedianUp(0, 1 + MEDIAN_STEP);
    state.setMedianDown(0, 1 - MEDIAN_STEP);
  }

  /** @returns null when the system has no WebAssembly (`node --jitless`), or no memory for it */
  static over(form: RecordForm, tables: OrdinaryTables, options: OrdinaryOptions): OrdinaryRecords | null {
    if (typeof WebAssembly === 'undefined') return null;
    try {
      return new OrdinaryRecords(form, tables, options);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  memory(bytes: number): Uint8Array {
    const address = this.#linear.allocate(bytes);
    return this.#linear.view(Uint8Array, address, bytes);
  }

  take(latest: LatestRecord, octets: Uint8Array, at: number, end: number): number {
    const { carriers } = this.#tables;
    if (this.#pause > 0) {
      this.#pause--;
      return at;
    }
    if (carriers.isWaiting) return at;
    const state = this.#state;
    state.setAt(0, octets.byteOffset + at);
    state.setEnd(0, octets.byteOffset + end);
    if (!this.#hasStamp) this.#describeStamp(latest);
    let isTaken = false;
    for (let isRead = true; isRead; ) {
      this.#lend(latest);
      const taken = this.#core.takeOrdinary();
      if (taken > 0) this.#takeBack(latest, taken);
      isTaken ||= taken > 0;
      isRead = state.isToRead(0) === 1;
      if (isRead) this.#readContent(octets);
    }
    this.#inVain = isTaken ? 0 : this.#inVain + 1;
    if (this.#inVain >= PATIENCE) this.#pause = LONGEST_PAUSE;
    return state.at(0) - octets.byteOffset;
  }

  findOrdered(latest: LatestRecord, octets: Uint8Array, at: number, end: number, spare: number): number {
    const state = this.#state;
    state.setAt(0, octets.byteOffset + at);
    state.setEnd(0, octets.byteOffset + end);
    if (!this.#hasStamp) this.#describeStamp(latest);
    state.setLastSeconds(0, latest.seconds);
    state.setLastNanoseconds(0, latest.nanoseconds);
    const found = this.#core.findOrdered(spare);
    this.orderedEnd = state.end(0) - octets.byteOffset;
    return found;
  }

  /** Ends the use of linear memory by what outlives the tracker. */
  finish(): void {
    this.#tables.counts?.moveOut();
    this.#rows?.moveOut();
    this.#rows = undefined;
  }

  #describeStamp({ seconds }: LatestRecord): void {
    const stamp = BigInt(seconds) * BigInt(this.#unitsPerSecond);
    this.#hasStamp = true;
    this.#state.setStampSeconds(0, seconds);
    this.#state.setStampHigh(0, Number(stamp >> 32n));
    this.#state.setStampLow(0, Number(stamp & 0xffff_ffffn));
  }

  /** Reads the payload of the last packet that the core has taken. */
  #readContent(octets: Uint8Array): void {
    const { tcp, contents } = this.#tables;
    const state = this.#state;
    const packet = this.#packet;
    packet.number = state.number(0);
    packet.bytes = octets;
    packet.payloadAt = state.toReadAt(0) - octets.byteOffset;
    packet.payloadEnd = state.toReadEnd(0) - octets.byteOffset;
    packet.payloadLength = state.toReadOctets(0);
    packet.tcpSeq = state.toReadSeq(0) >>> 0;
    tcp.setLatest(state.toReadOf(0), state.toReadDirection(0) as Direction);
    contents.onSegment(packet, state.time(0));
  }

  #lend({ seconds, nanoseconds, number }: LatestRecord): void {
    const { point, clock, copies, tcp, flows } = this.#tables;
    const state = this.#state;
    if (this.#linear.allocations !== this.#described) this.#describeTables();
    state.setLastSeconds(0, seconds);
    state.setLastNanoseconds(0, nanoseconds);
    state.setNumber(0, number);
    state.setBaseSeconds(0, clock.baseSeconds);
    state.setBaseNanoseconds(0, clock.baseNanoseconds);
    state.setLastTime(0, point.quality.lastTime);
    state.setToVerify(0, Math.min(MOST_TO_VERIFY, this.#firstPackets - point.quality.packets));
    state.setCut(0, 0);
    state.setSuperSegments(0, 0);
    state.setSentOnce(0, 0);
    state.setDeferredLength(0, 0);
    state.setNextRow(0, copies.nextRow);
    state.setUnackedFree(0, tcp.unacked.free);
    state.setUnackedUnused(0, tcp.unacked.unused);
    state.setTransfersKept(0, tcp.transfers.length);
    state.setNextFlow(0, flows.flowCount);
    state.setConnections(0, tcp.records.length);
    state.setMostConnections(0, tcp.records.length + tcp.newConnections);
    lendRows(state, this.#tables, this.#rowPlaces);
  }

  /** Tells the core where the tables are, after one has moved. */
  #describeTables(): void {
    const { copies, tcp, contents, fates, hosts, counts } = this.#tables;
    const state = this.#state;
    this.#described = this.#linear.allocations;
    const { slots, slotMask, blocks } = tcp.records.places;
    state.setSlots(0, slots);
    state.setSlotMask(0, slotMask);
    state.setBlocks(0, blocks);
    state.setUnacked(0, tcp.unacked.linearAddress);
    state.setUnackedEnd(0, tcp.unacked.roomEnd);
    state.setTransfers(0, tcp.transfers.numbers.byteOffset);
    state.setMostTransfers(0, Math.min(TRANSFERS_KEPT, tcp.transfers.room));
    state.setServerPorts(0, tcp.serverPorts);
    const { links, linkSlots, linkMask } = tcp.linkAddresses.places;
    state.setLinkAddresses(0, links);
    state.setLinkSlots(0, linkSlots);
    state.setLinkMask(0, linkMask);
    const known = hosts.places;
    state.setHosts(0, known.hosts);
    state.setHostSlots(0, known.hostSlots);
    state.setHostMask(0, known.hostMask);
    const read = contents.table.places;
    state.setContents(0, read.contents);
    state.setContentPlaces(0, read.contentPlaces);
    state.setContentRows(0, read.contentRows);
    const states = fates.places;
    state.setFates(0, states.fates);
    state.setFateRows(0, states.fateRows);
    state.setFateFlows(0, states.fateFlows);
    state.setExpected(0, states.expected);
    state.setFateSenders(0, states.fateSenders);
    state.setFirstData(0, states.firstData);
    state.setSenders(0, states.senders);
    state.setSenderSlots(0, states.senderSlots);
    state.setSenderMask(0, states.senderMask);
    if (counts !== undefined) {
      state.setCounts(0, counts.linearAddress);
      state.setCountRows(0, counts.rows);
    }
    copies.describe(state);
  }

  #takeBack(latest: LatestRecord, taken: number): void {
    const { summary, point, clock, previousTimes, copies, tcp, flows } = this.#tables;
    const state = this.#state;
    latest.seconds = state.lastSeconds(0);
    latest.nanoseconds = state.lastNanoseconds(0);
    latest.number = state.number(0);
    const time = state.lastTime(0);
    if (time > clock.duration) clock.duration = time;
    previousTimes[point.index] = time;
    const { quality } = point;
    summary.packets += taken;
    quality.packets += taken;
    quality.lastTime = time;
    quality.cut += state.cut(0);
    if (state.rowMode(0) === ALL_ROWS) this.#rows?.addWritten(taken);
    copies.takeBack(state.nextRow(0), taken, state.sentOnce(0));
    flows.flowCount = state.nextFlow(0);
    tcp.countAdded(state.connections(0) - tcp.records.length);
    tcp.transfers.length = state.transfersKept(0);
    tcp.unacked.setPlaces(state.unackedFree(0), state.unackedUnused(0));
    this.#deferred.note(state.deferredLength(0));
    tcp.countSuperSegments(point.index, state.superSegments(0));
  }
}
