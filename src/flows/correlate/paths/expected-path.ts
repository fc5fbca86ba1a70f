import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_INBOUND, MARK_OUTBOUND } from '../../rows/row-marks.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { wasAnswered } from '../matching/acknowledged.ts';
import { rolesOf, rowsOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';
import { depthOf } from './leg-depth.ts';
import { isNicRole, NextDevice, netOf, type Passage } from './next-device.ts';
import { MOST_PASSAGES, PassageNumbers } from './passage-numbers.ts';

/** No later point saw the packets. */
const NOWHERE = -1;

/**
 * Predicts where packets should be seen next. It learns from conversations that passed: packets from this point to that
 * address next came to that point. Without such a conversation, the order of devices in a host decides.
 */
export class ExpectedPath {
  readonly #next = new Map<string, Set<number>>();
  readonly #passages = new PassageNumbers();
  /** Passages learned already, each by its number and that of the next one; most of them repeat. */
  readonly #learned = new Set<number>();
  /** Three points that packets passed one after the other. */
  readonly #inRow = new Set<string>();
  /** Host to the outer source addresses of its tunnel packets. */
  readonly #ownAddresses = new Map<number, Set<string>>();
  readonly #evidence: Joined;
  readonly #store: SightingStore;
  readonly #timeline: Timeline;
  readonly #devices: NextDevice;

  constructor(evidence: Joined, store: SightingStore, timeline: Timeline) {
    this.#evidence = evidence;
    this.#store = store;
    this.#timeline = timeline;
    this.#devices = new NextDevice(evidence, (point) => timeline.clockOf(point));
  }

  /** Learns from a conversation, in path order from the client. Broadcast and multicast are ignored. */
  learn(ordered: readonly Member[]): void {
    if (ordered[0].biflow.kind === 'arp' || isForMany(rolesOf(ordered[0]).server.address)) return;
    this.#learnDirection(ordered, TO_SERVER);
    if (ordered.length > 1) this.#learnDirection([...ordered].reverse(), TO_CLIENT);
  }

  #learnDirection(path: readonly Member[], direction: Direction): void {
    const seen = path.filter((member) => rowsOf(this.#store, member, direction) > 0);
    for (let i = 1; i < seen.length; i++) {
      const x = this.#passage(seen[i - 1], direction);
      const y = this.#passage(seen[i], direction);
      // Towards a client the port belongs to a single connection, and the expected requests go to servers.
      if (direction === TO_CLIENT) x.port = y.port = ANY_PORT;
      if (i > 1) this.#inRow.add(rowOf(seen[i - 2].biflow.point, x.point, y.point));
      if (!this.#isNews(x, y)) continue;
      // A translated address stands for many hosts, distinguished by port. Other ports may lead elsewhere.
      const isTranslated = x.destination !== y.destination;
      const keys = isTranslated ? exactKeys(x).slice(0, KEYS_WITH_PORT) : [...exactKeys(x), ...netKeys(x)];
      for (const key of keys) this.#note(key, y.point);
      if (!isTranslated) for (const key of wireKeys(x, x.wireDestination)) this.#note(key, y.point);
      // Routes between hosts are assumed to be symmetric, unless something better is known.
      if (this.#clock(x) !== this.#clock(y) && x.source === y.source)
        for (const key of wireKeys(y, y.wireSource)) this.#note(`back ${key}`, x.point);
      const leavesEncapsulated = y.depth > 0 && x.depth === 0 && this.#clock(x) === this.#clock(y);
      if (leavesEncapsulated) this.#own(this.#clock(y), y.wireSource);
      const arrivesEncapsulated = x.depth > 0 && y.depth === 0 && this.#clock(x) === this.#clock(y);
      if (arrivesEncapsulated) this.#own(this.#clock(x), x.wireDestination);
    }
    if (direction === TO_SERVER) this.#learnEnd(seen);
  }

  /** Packets that were answered without being seen further took another path or ended here. Others may do the same. */
  #learnEnd(seen: readonly Member[]): void {
    const last = seen.at(-1);
    if (last === undefined || rowsOf(this.#store, last, TO_CLIENT) === 0) return;
    const passage = this.#passage(last, TO_SERVER);
    if (!this.#isNews(passage, null)) return;
    for (const key of [...exactKeys(passage), ...netKeys(passage)]) this.#note(key, NOWHERE);
  }

  #clock = ({ point }: Passage): number => this.#timeline.clockOf(point);

  #own(clock: number, address: string): void {
    const known = this.#ownAddresses.get(clock);
    if (known === undefined) this.#ownAddresses.set(clock, new Set([address]));
    else known.add(address);
  }

  /** @param next null when the packets ended there */
  #isNews(passage: Passage, next: Passage | null): boolean {
    const end = next === null ? 0 : this.#passages.of(next);
    const both = this.#passages.of(passage) * MOST_PASSAGES + end;
    if (this.#learned.has(both)) return false;
    this.#learned.add(both);
    return true;
  }

  #note(key: string, point: number): void {
    const known = this.#next.get(key);
    if (known === undefined) this.#next.set(key, new Set([point]));
    else known.add(point);
  }

  /**
   * Point that should have seen the packets of the last member of a path to the server, when no later point saw them.
   * -1 when this is unknown, or when the packets were answered and so took some other path.
   */
  after(path: readonly Member[]): number {
    const last = path[path.length - 1];
    if (rowsOf(this.#store, last, TO_SERVER) === 0) return -1;
    if (rowsOf(this.#store, last, TO_CLIENT) > 0) return -1;
    if (wasAnswered(trackOf(this.#store, last, TO_SERVER))) return -1;
    const passage = this.#passage(last, TO_SERVER);
    if (isForMany(passage.destination)) return -1;
    const taken = new Set(path.map(({ biflow }) => biflow.point));
    const untaken = (point: number): number => (taken.has(point) ? NOWHERE : point);
    const inbound = this.#isInbound(path, passage);
    const wire = wireKeys(passage, passage.wireDestination);
    // The end of a tunnel tells more than the subnet of pods, which several nodes may share.
    const keys = [
      ...exactKeys(passage),
      ...(passage.depth > 0 ? [...wire, ...netKeys(passage)] : [...netKeys(passage), ...wire]),
    ];
    for (const key of [...keys, ...wire.map((one) => `back ${one}`)]) {
      const points = this.#next.get(key);
      if (points === undefined) continue;
      const point = this.#nearestOf(passage.point, points);
      if (point !== null && point !== NOWHERE) return taken.has(point) ? NOWHERE : point;
      // Pods whose veth is not captured say nothing about one whose veth is captured.
      return point !== null && inbound === true ? untaken(this.#devices.quietVeth(passage)) : NOWHERE;
    }
    return untaken(this.#devices.after(passage, inbound));
  }

  /**
   * The only one of these points, or the one that the others came after: a capture may miss single packets. Null where
   * packets went on in several ways.
   */
  #nearestOf(from: number, points: ReadonlySet<number>): number | null {
    const all = [...points];
    if (all.length === 1) return all[0];
    const isBefore = (point: number, other: number): boolean =>
      this.#inRow.has(rowOf(from, point, other)) && !this.#inRow.has(rowOf(from, other, point));
    return all.find((point) => all.every((other) => other === point || isBefore(point, other))) ?? null;
  }

  #passage(member: Member, direction: Direction): Passage {
    const { biflow } = member;
    const { client, server } = rolesOf(member);
    const [from, to] = direction === TO_SERVER ? [client, server] : [server, client];
    const actual = member.flipped ? ((1 - direction) as Direction) : direction;
    const tunnel =
      biflow.encapsulation.length === 0 ? undefined : this.#evidence.tunnels[this.#store.tunnel(biflow, actual)];
    return {
      point: biflow.point,
      depth: biflow.encapsulation.length,
      source: from.address,
      destination: to.address,
      port: to.port,
      isNic: isNicRole(this.#evidence.points[biflow.point].role),
      wireSource: tunnel?.source ?? from.address,
      wireDestination: tunnel?.destination ?? to.address,
    };
  }

  /** Whether packets come into the host of the last member (true), leave it (false), or null when unknown. */
  #isInbound(path: readonly Member[], passage: Passage): boolean | null {
    const last = path[path.length - 1];
    const clock = this.#clock(passage);
    const before = path.slice(0, -1);
    const inHost = before.findLast(({ biflow }) => this.#timeline.clockOf(biflow.point) === clock);
    if (inHost !== undefined && depthOf(this.#evidence, inHost) !== depthOf(this.#evidence, last))
      return depthOf(this.#evidence, inHost) > depthOf(this.#evidence, last);
    if (before.length > 0 && inHost === undefined) return true;
    const { columns, rows } = trackOf(this.#store, last, TO_SERVER);
    if ((columns.marks[rows[0]] & MARK_INBOUND) !== 0) return true;
    if ((columns.marks[rows[0]] & MARK_OUTBOUND) !== 0) return false;
    const own = this.#ownAddresses.get(clock);
    if (passage.depth > 0 && own?.has(passage.wireDestination)) return true;
    if (passage.depth > 0 && own?.has(passage.wireSource)) return false;
    const { host } = this.#evidence.points[passage.point];
    const inner = host === null ? [] : this.#devices.pointsOf(host, ['bridge', 'pod-veth']);
    if (inner.some((point) => this.#devices.isNear(point, passage.source))) return false;
    if (inner.some((point) => this.#devices.isNear(point, passage.destination))) return true;
    if (INITIAL_TTLS.includes(columns.ttl[rows[0]])) return false;
    // A silent bridge has not forwarded the packets that a pod of this host sent. A silent veth may belong to another
    // pod.
    const isBridge = (point: number): boolean => this.#evidence.points[point].role === 'bridge';
    return inner.some((point) => isBridge(point) || !this.#devices.isQuiet(point)) ? true : null;
  }
}

/** From the closest to the loosest match: same addresses and port; same server. */
function exactKeys({ point, depth, source, destination, port }: Passage): string[] {
  const at = `${point} ${depth}`;
  return [
    `${at} flow ${source} ${destination} ${port}`,
    `${at} port ${destination} ${port}`,
    `${at} address ${destination}`,
  ];
}

/**
 * Same subnets of pods. Plain packets within one subnet are not compared on a NIC, because its neighbours there are
 * different machines.
 */
function netKeys({ point, depth, source, destination, isNic }: Passage): string[] {
  const [from, to] = [netOf(source), netOf(destination)];
  return isNic && depth === 0 && from === to ? [] : [`${point} ${depth} net ${from} ${to}`];
}

const rowOf = (...points: [number, number, number]): string => points.join(' ');

/** Replaces the port where it carries no information; no packet has this value. */
const ANY_PORT = -1;

/** Number of the exact keys that contain the port. */
const KEYS_WITH_PORT = 2;

const wireKeys = ({ point }: Passage, address: string): string[] => [`${point} wire ${address}`];

/** Broadcast and multicast end where they are received; nobody forwards them. */
export function isForMany(address: string): boolean {
  // The first character spares most addresses a pattern.
  const [first] = address;
  if (first === '2' && MULTICAST_4.test(address)) return true;
  if ((first === 'f' || first === 'F') && MULTICAST_6.test(address)) return true;
  return address.endsWith('.255');
}

const MULTICAST_4 = /^(?:22[4-9]|23\d)\./;
const MULTICAST_6 = /^ff/i;
