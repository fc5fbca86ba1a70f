import type { RecordForm } from '../../decode/files/capture-record.ts';
import { CLIENT_BEGINS } from '../../decode/messages/opening.ts';
import { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence/evidence.ts';
import { BIG_ENDIAN, BLOCKS } from '../ordinary/read-record.ts';
import { ALL_ROWS } from '../ordinary/row-modes.ts';
import { type Core, type CoreBuild, coreOver } from '../ordinary/run-core.ts';
import { StateAccess } from '../ordinary/state-access.ts';
import { STATE_AT, STATE_LAYOUT } from '../ordinary/state-layout.ts';
import type { RowPlaces, SightingTable } from '../rows/sighting-table.ts';
import { grownIn } from '../tables/columns.ts';
import { LinearMemory } from '../tables/linear-memory.ts';
import { DeferredMessages } from './deferred-messages.ts';
import { DeferredSegments } from './deferred-segments.ts';
import { describeTables, type OrdinaryTables } from './describe-tables.ts';
import { LentPoints } from './lend-points.ts';
import { lendRows } from './lend-rows.ts';
import type { LatestRecord, OrdinaryRuns } from './time-order.ts';

const NANOSECONDS = 1e9;
/** Records that are handed on without asking the core, when it took none for a while. */
const LONGEST_PAUSE = 16;
/** So many times in a row it took none before such a pause. */
const PATIENCE = 32;

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
  readonly #points: LentPoints;
  readonly #unitsPerSecond: number;
  /** Regions when the core was told where the tables are. */
  #described = -1;
  /** What is handed on of a packet that the core has taken. */
  readonly #packet: Packet;
  readonly #deferred: DeferredSegments;
  readonly #messages: DeferredMessages;
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
    const { tcp, contents, flows, copies, fates, hosts, tunnels, addresses, counts, points } = tables;
    const linear = this.#linear;
    this.#core = coreOver(linear.memory, build);
    this.#tables = tables;
    this.#rows = tables.rows();
    const owners = [tcp, contents.table, flows.biflows, copies, fates, hosts, tunnels, addresses, counts, this.#rows];
    for (const table of owners) table?.moveInto(linear);
    this.#packet = new Packet(addresses);
    const state = this.#state;
    this.#unitsPerSecond = form.unitsPerSecond;
    state.setForm(0, (form.isLittleEndian ? 0 : BIG_ENDIAN) | (form.isBlocks ? BLOCKS : 0));
    state.setMaxCaptured(0, form.maxCaptured);
    state.setUnitsPerSecond(0, form.unitsPerSecond);
    state.setNanosecondsPerUnit(0, NANOSECONDS / form.unitsPerSecond);
    state.setGeneralMask(0, generalMask);
    this.#points = new LentPoints(linear, state, points, firstPackets);
    state.setClientBegins(0, grownIn(linear, CLIENT_BEGINS, CLIENT_BEGINS.length).byteOffset);
    this.#deferred = new DeferredSegments(linear, tcp, this.#packet);
    state.setDeferred(0, this.#deferred.linearAddress);
    this.#messages = new DeferredMessages(linear, flows, new Packet(addresses));
    state.setMessages(0, this.#messages.linearAddress);
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
      if (taken > 0) this.#takeBack(latest, taken, octets);
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
    const { clock, copies, tcp, flows } = this.#tables;
    const state = this.#state;
    if (this.#linear.allocations !== this.#described) {
      this.#described = this.#linear.allocations;
      describeTables(state, this.#tables);
    }
    state.setLastSeconds(0, seconds);
    state.setLastNanoseconds(0, nanoseconds);
    state.setNumber(0, number);
    state.setBaseSeconds(0, clock.baseSeconds);
    state.setBaseNanoseconds(0, clock.baseNanoseconds);
    this.#points.lend(state);
    state.setSentOnce(0, 0);
    state.setDeferredLength(0, 0);
    state.setMessagesLength(0, 0);
    state.setNextRow(0, copies.nextRow);
    state.setUnackedFree(0, tcp.unacked.free);
    state.setUnackedUnused(0, tcp.unacked.unused);
    state.setTransfersKept(0, tcp.transfers.length);
    state.setNextFlow(0, flows.flowCount);
    state.setConnections(0, tcp.records.length);
    state.setBiflowsLength(0, flows.biflows.length);
    state.setMostBiflows(0, flows.biflows.length + flows.biflows.newBiflows);
    state.setMostConnections(0, tcp.records.length + tcp.newConnections);
    lendRows(state, this.#tables, this.#rowPlaces);
  }

  #takeBack(latest: LatestRecord, taken: number, octets: Uint8Array): void {
    const { summary, clock, previousTimes, copies, tcp, flows } = this.#tables;
    const state = this.#state;
    latest.seconds = state.lastSeconds(0);
    latest.nanoseconds = state.lastNanoseconds(0);
    latest.number = state.number(0);
    const time = state.lastTime(0);
    if (time > clock.duration) clock.duration = time;
    summary.packets += taken;
    this.#points.takeBack(previousTimes, tcp);
    if (state.rowMode(0) === ALL_ROWS) this.#rows?.addWritten(taken);
    copies.takeBack(state.nextRow(0), taken, state.sentOnce(0));
    flows.flowCount = state.nextFlow(0);
    flows.biflows.countAdded(state.biflowsLength(0) - flows.biflows.length);
    tcp.countAdded(state.connections(0) - tcp.records.length);
    tcp.transfers.length = state.transfersKept(0);
    tcp.unacked.setPlaces(state.unackedFree(0), state.unackedUnused(0));
    this.#noteDeferred(octets);
  }

  /** Notes what is left of a run in the order of its packets: segments and messages share one budget. */
  #noteDeferred(octets: Uint8Array): void {
    const state = this.#state;
    const messages = this.#messages;
    messages.begin(state.messagesLength(0));
    this.#deferred.note(state.deferredLength(0), (packet) => messages.handOn(packet, octets));
    messages.handOn(Number.POSITIVE_INFINITY, octets);
  }
}
