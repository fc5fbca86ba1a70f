import { AddressBook, formatterOf } from '../../decode/address-book.ts';
import { PacketDecoder } from '../../decode/decode-packet.ts';
import type { CaptureInterface, CaptureRecord, FileProblem, RecordForm } from '../../decode/files/capture-record.ts';
import { LINKTYPE_LINUX_SLL2 } from '../../decode/link-types.ts';
import type { Packet } from '../../decode/packet.ts';
import { encapsulationOf } from '../encapsulation.ts';
import type { CapturePoint, CaptureSummary } from '../evidence/evidence.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { FlowCounts } from '../rows/flow-counts.ts';
import { payloadHash } from '../rows/payload-hash.ts';
import { addSighting } from '../rows/sighting-row.ts';
import { SightingTable } from '../rows/sighting-table.ts';
import { roomFor, rowsWithin } from '../tables/capture-room.ts';
import { CarrierTracker } from '../trackers/carrier-tracker.ts';
import { FragmentTracker } from '../trackers/fragment-tracker.ts';
import { HostTracker } from '../trackers/host-tracker.ts';
import { NOTHING_SEEN, type Seen } from '../trackers/observation.ts';
import { PacketFates } from '../trackers/packet-fates.ts';
import { ProbeTracker } from '../trackers/probe-tracker.ts';
import { TunnelTracker } from '../trackers/tunnel-tracker.ts';
import { CaptureClock } from './capture-clock.ts';
import type { CaptureDigest } from './capture-digest.ts';
import type { CaptureTrackerOptions } from './capture-options.ts';
import { CapturePoints, nameOfCapture } from './capture-points.ts';
import { Copies } from './copies.ts';
import { dropCounts } from './drop-counts.ts';
import { emptySummary } from './empty-summary.ts';
import { PacketTrackers } from './give-to-trackers.ts';
import { areLendable } from './lend-points.ts';
import { OrdinaryRecords } from './ordinary-records.ts';
import { countPacket, undecodedLinkType } from './point-quality.ts';
import { SampledChecksums } from './sampled-checksums.ts';
import type { NumberedSink } from './time-order.ts';

const ETHERTYPE_ARP = 0x0806;

/**
 * A capture that is analysed alone checks every 1,024 packets whether it holds so many additional exchanges that
 * ordinary ones are dropped.
 */
const THINNING_MASK = 1023;
const THINNED_EXCHANGES = 4_000;

/**
 * Reads the records of one capture and creates its digest.
 *
 *   record → packet → point → tunnel → copy? ─no→ TCP · DNS · echo · ARP · datagram · error · fragment → hosts
 *                                        └────────────────────────────────────────────────→ sighting row
 */
export class CaptureTracker implements NumberedSink {
  readonly #options: CaptureTrackerOptions;
  readonly #limits: Limits;
  readonly #room: ReturnType<typeof roomFor>;
  readonly #addresses = new AddressBook();
  readonly #decoder = new PacketDecoder(this.#addresses);
  readonly #points: CapturePoints;
  readonly #copies: Copies;
  readonly #trackers: PacketTrackers;
  readonly #tunnels: TunnelTracker;
  readonly #hosts: HostTracker;
  readonly #fragments: FragmentTracker;
  readonly #probes: ProbeTracker;
  readonly #carriers: CarrierTracker;
  readonly #checksums: SampledChecksums;
  readonly #fates: PacketFates;
  #sightings: SightingTable | undefined;
  /** In place of rows. */
  #counts: FlowCounts | undefined;
  readonly #seen: Seen = { ...NOTHING_SEEN };
  readonly #clock = new CaptureClock();
  readonly #summary: CaptureSummary;
  /** Time of the previous packet, by point. */
  readonly #previousTime: number[] = [];
  #dropCounts = 0;
  /** Null where the system has none. */
  #ordinary: OrdinaryRecords | null | undefined;

  constructor(options: CaptureTrackerOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const formatAddress = formatterOf(this.#addresses);
    this.#options = options;
    this.#limits = limits;
    this.#room = roomFor(limits);
    this.#points = new CapturePoints(limits, nameOfCapture(options.path));
    this.#copies = new Copies(limits, formatAddress);
    this.#trackers = new PacketTrackers(limits, this.#room, formatAddress);
    this.#tunnels = new TunnelTracker(limits, this.#room.others);
    this.#hosts = new HostTracker(limits, this.#room.others);
    this.#fragments = new FragmentTracker(limits);
    this.#probes = new ProbeTracker(limits);
    this.#fates = new PacketFates(limits);
    this.#carriers = new CarrierTracker(limits);
    this.#checksums = new SampledChecksums(
      options.checksums === true ? Number.POSITIVE_INFINITY : limits.pointChecksums,
    );
    this.#sightings =
      options.keepSightings === false
        ? undefined
        : new SightingTable(
            limits.sightings,
            options.wholeFlows,
            undefined,
            options.alone === true ? rowsWithin(this.#room.others) : undefined,
            limits.sightingHeads,
          );
    this.#summary = { ...emptySummary(options.path), ...(options.parts && { parts: options.parts }) };
  }

  onInterface(described: CaptureInterface): void {
    const { selection } = this.#options;
    if (this.#isLonePoint(described)) [this.#sightings, this.#counts] = [undefined, new FlowCounts()];
    const filter = [described.filter, selection?.text].filter((text) => text !== undefined).join(' and ');
    this.#points.onInterface(selection === undefined ? described : { ...described, filter });
  }

  onComment(text: string): void {
    const { comments } = this.#summary;
    if (comments.length < this.#limits.comments) comments.push(text.slice(0, this.#limits.commentLength));
  }

  onProblem(problem: FileProblem): void {
    if (this.#summary.problemsTotal++ < this.#limits.problems) this.#summary.problems.push(problem);
  }

  /** What takes ordinary records, where neither a selection nor rows of chosen flows nor checksums need each one. */
  ordinary(form: RecordForm): OrdinaryRecords | undefined {
    const { selection, checksums, core = 'webassembly' } = this.#options;
    const isEach = selection !== undefined || checksums === true || this.#sightings?.isPlain === false;
    if (core === 'none' || isEach || !areLendable(this.#points.points)) return undefined;
    // Asked once: where memory is limited the system refuses it only after 0.3 s of collecting garbage.
    if (this.#ordinary === null) return undefined;
    this.#ordinary ??= OrdinaryRecords.over(
      form,
      {
        summary: this.#summary,
        points: this.#points.points,
        clock: this.#clock,
        previousTimes: this.#previousTime,
        copies: this.#copies,
        tcp: this.#trackers.tcp,
        contents: this.#trackers.contents,
        flows: this.#trackers,
        fates: this.#fates,
        hosts: this.#hosts,
        tunnels: this.#tunnels,
        addresses: this.#addresses,
        carriers: this.#carriers,
        counts: this.#counts,
        rows: () => this.#sightings,
        mostRows: () => (this.#isAlone() ? this.#limits.sightingsAlone : Number.MAX_SAFE_INTEGER),
      },
      { build: core, firstPackets: this.#limits.pointChecksums, generalMask: THINNING_MASK },
    );
    return this.#ordinary ?? undefined;
  }

  onRecord(record: CaptureRecord, number: number): void {
    const packet = this.#decoder.decode(record, this.#points.linkTypeOf(record.interfaceIndex));
    const time = this.#clock.timeOf(record);
    packet.number = number;
    if (this.#options.selection?.selects(packet) === false) return;
    this.#summary.packets++;
    if ((packet.number & THINNING_MASK) === 0 && (this.#isAlone() || this.#options.compact))
      this.#trackers.thin(THINNED_EXCHANGES, this.#isAlone(), time);
    if (record.dropCount > 0) this.#dropCounts += record.dropCount;
    const point = this.#points.pointOf(packet);
    this.#countPacket(point, packet, time);
    const seen = this.#seen;
    seen.point = point.index;
    seen.time = time;
    seen.tunnel = packet.depth === 0 ? -1 : this.#tunnels.onPacket(packet, seen);
    if (packet.ipVersion !== 0) this.#onIp(packet, point);
    else if (packet.etherType === ETHERTYPE_ARP && packet.stop === undefined) this.#onArp(packet);
    else this.#hosts.onPacket(packet, seen);
  }

  /** Returns the digest. The tracker accepts no further records. @param format as the reader calls it */
  finish(format: string): CaptureDigest {
    this.#ordinary?.finish();
    const formatAddress = formatterOf(this.#addresses);
    const points = this.#points.finish();
    const fragments = this.#fragments.finish();
    const { checked, senders } = this.#fates.finish();
    return {
      capture: this.#finishSummary(format),
      ...this.#trackers.finish(points, { alone: this.#isAlone(), compact: this.#options.compact ?? false }),
      points,
      tunnels: this.#tunnels.finish(formatAddress, (index) => this.#fates.ofTunnel(index)),
      hosts: this.#hosts.finish(formatAddress),
      fragments,
      fragmentsTotal: this.#fragments.total,
      fragmentsIncomplete: this.#fragments.incomplete,
      probes: this.#probes.probes,
      probesTotal: this.#probes.total,
      loops: this.#copies.loops,
      checked,
      checkedSenders: senders,
      carriers: this.#carriers.finish(),
      sightings: this.#sightings,
      ...(this.#counts && { counts: this.#counts }),
    };
  }

  /** Rows so far; used by a second pass that needs only rows. */
  get sightings(): SightingTable | undefined {
    this.#ordinary?.finish();
    return this.#sightings;
  }

  #onIp(packet: Packet, point: CapturePoint): void {
    const seen = this.#seen;
    const encapsulation = encapsulationOf(packet);
    seen.payloadHash = payloadHash(packet);
    seen.retransmission = false;
    seen.copy = this.#copies.isCopy(packet, seen, encapsulation);
    if (seen.copy) {
      point.quality.copies++;
      point.quality.mostTimes = Math.max(point.quality.mostTimes, this.#copies.times);
      seen.flow = this.#copies.flow;
      seen.direction = this.#copies.direction;
    } else {
      this.#trackers.onIp(packet, encapsulation, seen);
      this.#copies.setFlow(seen.flow, seen.direction);
      this.#fates.onPacket(packet, seen);
      if (FragmentTracker.concerns(packet)) this.#fragments.onPacket(packet, seen.point, seen.time, encapsulation);
      if (ProbeTracker.concerns(packet)) this.#probes.onPacket(packet, seen, encapsulation);
      if (packet.depth === 0) this.#carriers.onPacket(packet, seen);
      this.#hosts.onPacket(packet, seen);
    }
    this.#addRow(packet);
  }

  #onArp(packet: Packet): void {
    const seen = this.#seen;
    seen.payloadHash = 0;
    seen.copy = false;
    seen.retransmission = false;
    if (this.#trackers.onArp(packet, encapsulationOf(packet), seen)) this.#addRow(packet);
    if (packet.depth > 0) this.#hosts.onPacket(packet, seen);
  }

  #addRow(packet: Packet): void {
    if (this.#counts !== undefined && !this.#seen.copy) this.#counts.add(this.#seen.flow, this.#seen.direction);
    if (this.#sightings === undefined) return;
    if (this.#isAlone() && this.#sightings.length >= this.#limits.sightingsAlone) {
      this.#sightings = undefined;
      return;
    }
    addSighting(this.#sightings, packet, this.#seen);
  }

  /** Whether the capture is analysed alone, and its file has one point, however it goes on. */
  #isLonePoint({ isOnly, linkType }: CaptureInterface): boolean {
    const { alone, parts } = this.#options;
    return alone === true && parts === undefined && isOnly === true && linkType !== LINKTYPE_LINUX_SLL2;
  }

  /** Whether the capture is analysed alone and has one point so far. */
  #isAlone(): boolean {
    return this.#options.alone === true && this.#points.points.length === 1;
  }

  #countPacket(point: CapturePoint, packet: Packet, time: number): void {
    countPacket(point.quality, packet, time, this.#previousTime[point.index] ?? time);
    this.#previousTime[point.index] = time;
    if (packet.ipVersion !== 0) this.#checksums.onPacket(point.quality, packet);
    if (packet.stop === undefined) return;
    const undecoded = undecodedLinkType(packet);
    if (undecoded === undefined) return;
    const { undecodedLinkTypes } = this.#summary;
    undecodedLinkTypes[undecoded] = (undecodedLinkTypes[undecoded] ?? 0) + 1;
  }

  #finishSummary(format: string): CaptureSummary {
    const interfaces = this.#points.interfaces.filter((described) => described !== undefined);
    const filters = new Set(
      interfaces.flatMap(({ filter }) => (filter ? [filter.slice(0, this.#limits.commentLength)] : [])),
    );
    const { baseSeconds, baseNanoseconds, duration } = this.#clock;
    const { row, ...others } = this.#room.others.refused();
    // A capture that is compared with no other needs no rows.
    const rows = row === undefined || this.#sightings === undefined ? {} : { row };
    const { refused: address } = this.#addresses;
    const noRoom = { ...this.#room.flows.refused(), ...others, ...rows, ...(address > 0 && { address }) };
    const { dropped, doubted } = dropCounts(interfaces, this.#dropCounts, duration);
    return {
      ...this.#summary,
      baseSeconds,
      baseNanoseconds,
      duration,
      format,
      snaplen: interfaces.reduce((largest, { snaplen }) => Math.max(largest, snaplen), 0),
      dropped,
      ...(doubted > 0 && { doubtedDrops: doubted }),
      ...(Object.keys(noRoom).length > 0 && { noRoom }),
      filters: [...filters].slice(0, this.#limits.comments),
      ...(this.#options.selection && { selected: this.#options.selection.text }),
    };
  }
}
