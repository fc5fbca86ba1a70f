import type { TunnelKind } from '../../../src/decode/packet.ts';
import type { Joined } from '../../../src/flows/capture/capture-digest.ts';
import type { Timeline } from '../../../src/flows/correlate/hosts-and-clocks/clocks.ts';
import type { Biflow } from '../../../src/flows/correlate/same-traffic/biflow.ts';
import type { Member } from '../../../src/flows/correlate/same-traffic/same-traffic.ts';
import { openStore, type SightingStore } from '../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { finish } from '../../../src/flows/correlate/steps.ts';
import {
  type CapturePoint,
  type Direction,
  type Leg,
  TO_CLIENT,
  TO_SERVER,
} from '../../../src/flows/evidence/evidence.ts';
import { SIGHTING_ARP, SIGHTING_ICMP, SIGHTING_TCP, SIGHTING_UDP } from '../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import {
  capture,
  connection,
  datagram,
  type EvidenceParts,
  endpoint,
  evidence,
  point,
} from '../../support/evidence.ts';
import type { MadeUpPacket } from './made-up-track.ts';

/** A packet as one point shows it; what is left out is 0, but for the hop limit (64) and the IP length (payload + 40). */
export interface MadeUpRow extends MadeUpPacket {
  ttl?: number;
  dscp?: number;
  window?: number;
  tsEcho?: number;
  tunnel?: number;
}

/** A biflow at a point, with its packets in both directions. */
export interface MadeUpLeg {
  point: number;
  client?: string;
  server?: string;
  kind?: Leg['kind'];
  protocol?: number;
  encapsulation?: TunnelKind[];
  flipped?: boolean;
  /** To its server, and to its client. */
  there?: readonly MadeUpRow[];
  back?: readonly MadeUpRow[];
  connection?: Parameters<typeof connection>[0];
}

/** What a capture kept of its packets; all unless told. */
export interface KeptRows {
  leftOut?: number;
  /** Legs of which every packet has its row, by their number; of the others, the rows are the first ones only. */
  whole?: readonly number[];
  allConnections?: boolean;
}

export interface MadeUpCluster {
  evidence: Joined;
  /** In the order of the legs that were given. */
  members: Member[];
  store: SightingStore;
}

const KINDS = { tcp: SIGHTING_TCP, datagram: SIGHTING_UDP, echo: SIGHTING_ICMP, arp: SIGHTING_ARP } as const;
const PROTOCOLS = { tcp: 6, datagram: 17, echo: 1, arp: 0 } as const;

/** Points with the rows of these biflows, as if captured: each point is a capture of its own unless it names another. */
export function madeUpCluster(
  legs: readonly MadeUpLeg[],
  points: readonly (Omit<Partial<CapturePoint>, 'quality'> & { quality?: Partial<CapturePoint['quality']> })[],
  parts: EvidenceParts = {},
  kept: readonly KeptRows[] = [],
): MadeUpCluster {
  const places = points.map((some, index) => point({ capture: index, ...some, index }));
  const captures = Array.from({ length: 1 + Math.max(...places.map((one) => one.capture)) }, () => capture());
  const ends = (leg: MadeUpLeg) => ({
    client: endpoint(leg.client ?? '10.244.1.5:40000'),
    server: endpoint(leg.server ?? '10.244.2.7:80'),
  });
  const directions = [TO_SERVER, TO_CLIENT] as const;
  const rowsOf = (leg: MadeUpLeg, direction: Direction) => (direction === TO_SERVER ? leg.there : leg.back) ?? [];
  const ordered = legs
    .map((leg, nth) => ({ leg, nth, flow: nth, capture: places[leg.point].capture }))
    .sort((a, b) => a.capture - b.capture || a.nth - b.nth);
  const payload = (leg: MadeUpLeg, direction: Direction) =>
    rowsOf(leg, direction).reduce((sum, row) => sum + (row.payloadLength ?? 0), 0);
  const connections = ordered
    .filter(({ leg }) => (leg.kind ?? 'tcp') === 'tcp')
    .map(({ leg, flow }) => {
      const sides = directions.map((way) => ({ packets: rowsOf(leg, way).length, payloadOctets: payload(leg, way) }));
      const { encapsulation = [] } = leg;
      const { toServer, toClient, ...rest } = leg.connection ?? {};
      return connection({
        ...ends(leg),
        point: leg.point,
        flow,
        encapsulation,
        rolesFrom: 'guess',
        ...rest,
        toServer: { ...sides[0], ...toServer },
        toClient: { ...sides[1], ...toClient },
      });
    });
  const datagrams = ordered
    .filter(({ leg }) => leg.kind === 'datagram')
    .map(({ leg, flow }) => ({
      ...datagram(ends(leg)),
      point: leg.point,
      flow,
      encapsulation: leg.encapsulation ?? [],
      packets: directions.map((way) => rowsOf(leg, way).length) as [number, number],
      octets: directions.map((way) => payload(leg, way)) as [number, number],
    }));
  const joined = evidence({ captures, points: places, connections, datagrams, ...parts }) as Joined;
  const slots = new Map<number, number>();
  const counts = { tcp: 0, datagram: 0, echo: 0, arp: 0 };
  const biflows = ordered.map(({ leg, flow, capture: of }, id): Biflow => {
    const kind = leg.kind ?? 'tcp';
    const slot = slots.get(of) ?? 0;
    slots.set(of, slot + 1);
    const index = counts[kind]++;
    return {
      id,
      slot,
      capture: of,
      point: leg.point,
      flow,
      kind,
      index,
      protocol: leg.protocol ?? PROTOCOLS[kind],
      ...ends(leg),
      encapsulation: leg.encapsulation ?? [],
      firstPacket: 1,
      connection: kind === 'tcp' ? joined.connections[index] : null,
    };
  });
  const rows = captures.map((_, of) => ({
    sightings: Object.assign(
      tableOf(ordered.filter((one) => one.capture === of)),
      kept[of]?.leftOut !== undefined && { leftOut: kept[of].leftOut },
      kept[of]?.whole !== undefined && { wholeFlows: new Set(kept[of].whole) },
    ),
    tunnels: joined.tunnels.filter((tunnel) => places[tunnel.point].capture === of).length,
    hasAllConnections: kept[of]?.allConnections ?? true,
  }));
  const members = legs.map((leg, nth): Member => {
    const biflow = biflows.find(({ flow }) => flow === nth) as Biflow;
    return { biflow, flipped: leg.flipped ?? false };
  });
  return { evidence: joined, members, store: finish(openStore(rows, biflows)) };
}

function tableOf(legs: readonly { leg: MadeUpLeg; flow: number }[]): SightingTable {
  const all = legs.flatMap(({ leg, flow }) => [
    ...(leg.there ?? []).map((row) => ({ row, leg, flow, direction: TO_SERVER })),
    ...(leg.back ?? []).map((row) => ({ row, leg, flow, direction: TO_CLIENT })),
  ]);
  all.sort((a, b) => (a.row.time ?? 0) - (b.row.time ?? 0));
  const table = new SightingTable(all.length + 1);
  for (const [nth, { row, leg, flow, direction }] of all.entries()) {
    const at = table.addRow(flow, direction);
    const { columns } = table;
    const { payloadLength = 0, kind = KINDS[leg.kind ?? 'tcp'], ...rest } = row;
    columns.packet[at] = nth + 1;
    columns.point[at] = leg.point;
    columns.flow[at] = flow;
    columns.direction[at] = direction;
    columns.kind[at] = kind;
    columns.ttl[at] = 64;
    columns.payloadLength[at] = payloadLength;
    columns.l3Length[at] = payloadLength + 40;
    for (const [name, value] of Object.entries(rest)) columns[name as keyof typeof rest][at] = value;
  }
  return table;
}

/** Clocks of points: each of its own and compared without an error unless told otherwise. */
export function madeUpTimeline({
  clocks,
  shifts = [],
  error = 0,
  aligned = true,
  moved = false,
}: {
  clocks: readonly number[];
  /** Seconds from a point's time to the common time. */
  shifts?: readonly number[];
  /** Between different clocks. */
  error?: number | null;
  aligned?: boolean;
  moved?: boolean;
}): Timeline {
  const isOne = (from: number, to: number) => clocks[from] === clocks[to];
  const shiftOf = (of: number) => shifts[of] ?? 0;
  return {
    clockOf: (of) => clocks[of],
    at: (of, time) => time + shiftOf(of),
    error: (from, to) => (isOne(from, to) ? 0 : error),
    isAligned: (from, to) => isOne(from, to) || aligned,
    hasMoved: (from, to) => !isOne(from, to) && moved,
    bounds: (from, to) => ({
      shiftA: shiftOf(from),
      shiftB: shiftOf(to),
      rateA: 1,
      rateB: 1,
      weakWindow: error === null ? Infinity : 0.05 + error,
    }),
    relations: [],
  };
}
