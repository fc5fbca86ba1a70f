/**
 * Makes digests for made-up traffic over a path of capture points, with everything that a real path does to packets:
 * NAT, encapsulation, hop limits, clocks that are off and drift, loss, offload that merges segments.
 */
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import type { TunnelKind } from '../../../src/decode/packet.ts';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import type { Connection, DatagramFlow, Direction, Endpoint } from '../../../src/flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../src/flows/evidence/evidence.ts';
import { SIGHTING_TCP, SIGHTING_UDP } from '../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import { capture, connection, datagram, endpoint, point, tcpDirection } from '../../support/evidence-items.ts';

/** One segment or datagram as it is on the wire. */
export interface WirePacket {
  flow: number;
  /** True time of departure. */
  time: number;
  direction: Direction;
  flags: number;
  seq: number;
  ack: number;
  length: number;
  tsValue: number;
  tsEcho: number;
  ipId: number;
  payloadHash: number;
  /** Segments of one super-segment share it; 0 for none. */
  batch: number;
  /** Lost between point n and n + 1 of the path to the server (the same link in both directions); null: arrives. */
  lostAfter: number | null;
  /** Held up between point n and n + 1 for so many seconds. */
  late?: { after: number; by: number };
}

/** A capture point on the path, from the client to the server. */
export interface PathPoint {
  path: string;
  /** Points with the same path are interfaces of one file. */
  interfaceName?: string;
  /** Clock ahead of the truth, seconds, and its drift. */
  clockOffset: number;
  skewPpm: number;
  /** When the clock was set, by true time, and by how much. */
  steps?: { at: number; by: number }[];
  /** The capture runs from and until these true times; always unless told. */
  from?: number;
  until?: number;
  /** Seconds from the previous point, each way. */
  delay: number;
  /** Hops from the previous point. */
  hops: number;
  encapsulation: TunnelKind[];
  /** Offload merges what lies side by side, up to so many segments; 1 for none. */
  merge: number;
  /** Addresses as seen here. */
  rename: (flow: { client: Endpoint; server: Endpoint }) => { client: Endpoint; server: Endpoint };
}

export interface SimulatedFlow {
  protocol: 'tcp' | 'udp';
  client: string;
  server: string;
}

export const plainPoint = (path: string, some: Partial<PathPoint> = {}): PathPoint => ({
  path,
  clockOffset: 0,
  skewPpm: 0,
  delay: 0.0001,
  hops: 0,
  encapsulation: [],
  merge: 1,
  rename: (flow) => flow,
  ...some,
});

interface Row extends WirePacket {
  at: number;
  pieces: number;
}

const FLAG_SYN = 2;
const FLAG_ACK = 16;
const BASE_SECONDS = 1_700_000_000;

/** Digests in the order in which their paths first occur among the points. `only` chooses points by index. */
export function simulate(
  flows: readonly SimulatedFlow[],
  packets: readonly WirePacket[],
  path: readonly PathPoint[],
  only: readonly number[] = path.map((_, index) => index),
): CaptureDigest[] {
  const files = [...new Set(only.map((index) => path[index].path))];
  return files.map((file) =>
    digestOf(
      file,
      flows,
      packets,
      path,
      only.filter((index) => path[index].path === file),
    ),
  );
}

/** Rows that a point sees, in order of its clock, after offload. */
export function rowsAt(packets: readonly WirePacket[], path: readonly PathPoint[], index: number): Row[] {
  const seen: Row[] = [];
  for (const packet of packets) {
    if (!reaches(packet, index)) continue;
    const at = arrival(packet, path, index);
    const { from = 0, until = Infinity } = path[index];
    if (at >= from && at < until) seen.push({ ...packet, at, pieces: 1 });
  }
  seen.sort((a, b) => a.at - b.at || a.time - b.time);
  return path[index].merge > 1 ? merged(seen, path[index].merge) : seen;
}

const reaches = ({ direction, lostAfter }: WirePacket, index: number): boolean =>
  lostAfter === null || (direction === TO_SERVER ? index <= lostAfter : index > lostAfter);

function arrival(packet: WirePacket, path: readonly PathPoint[], index: number): number {
  const passed = packet.direction === TO_SERVER ? path.slice(0, index + 1) : path.slice(index + 1);
  const { late } = packet;
  const isLate = late !== undefined && (packet.direction === TO_SERVER ? index > late.after : index <= late.after);
  return packet.time + passed.reduce((sum, { delay }) => sum + delay, 0) + (isLate ? late.by : 0);
}

/** GRO and TSO: neighbours with the same flow, batch, acknowledgement and timestamp become one. */
function merged(rows: Row[], limit: number): Row[] {
  const out: Row[] = [];
  for (const row of rows) {
    const last = out.findLast(({ flow, direction }) => flow === row.flow && direction === row.direction);
    const joins =
      last !== undefined &&
      row.batch !== 0 &&
      last.batch === row.batch &&
      last.length > 0 &&
      row.length > 0 &&
      (last.seq + last.length) >>> 0 === row.seq &&
      last.ack === row.ack &&
      last.tsValue === row.tsValue &&
      last.pieces < limit;
    if (joins) {
      last.length += row.length;
      last.pieces++;
    } else out.push({ ...row });
  }
  return out;
}

function digestOf(
  file: string,
  flows: readonly SimulatedFlow[],
  packets: readonly WirePacket[],
  path: readonly PathPoint[],
  indexes: readonly number[],
): CaptureDigest {
  const all = indexes.flatMap((index, local) =>
    rowsAt(packets, path, index).map((row) => ({ row, index, local, stamp: stampOf(row.at, path[index]) })),
  );
  const isSet = indexes.some((index) => path[index].steps !== undefined);
  all.sort((a, b) => (isSet ? a.row.at - b.row.at : a.stamp - b.stamp) || a.local - b.local);
  const start = all[0]?.stamp ?? 0;
  const whole = Math.floor(start);
  const nanoseconds = Math.round((start - whole) * 1e9);
  const base = whole + nanoseconds / 1e9;
  const table = new SightingTable(all.length + 1);
  const connections = new Map<string, Connection>();
  const datagrams = new Map<string, DatagramFlow>();
  const times: number[][] = indexes.map(() => []);
  all.forEach(({ row, index, local, stamp }, number) => {
    const time = stamp - base;
    times[local].push(time);
    const flow = local * flows.length + row.flow;
    addRow(table, row, {
      number: number + 1,
      time,
      local,
      flow,
      ttl: ttlOf(row.direction, path, index),
      protocol: flows[row.flow].protocol,
    });
    const parts = { packet: number + 1, time, row, local, flow, at: path[index], ends: flows[row.flow] };
    if (flows[row.flow].protocol === 'tcp') note(connections, `${local} ${row.flow}`, parts);
    else noteDatagram(datagrams, `${local} ${row.flow}`, parts);
  });
  return {
    capture: capture({
      path: file,
      packets: all.length,
      baseSeconds: BASE_SECONDS + whole,
      baseNanoseconds: nanoseconds,
      duration: (all.at(-1)?.stamp ?? base) - base,
    }),
    points: indexes.map((index, local) =>
      point({
        index: local,
        fileInterface: local,
        interfaceName: path[index].interfaceName ?? null,
        quality: { packets: times[local].length, firstTime: times[local][0] ?? 0, lastTime: times[local].at(-1) ?? 0 },
      }),
    ),
    connections: numbered([...connections.values()]),
    connectionsTotal: connections.size,
    connectionsEvicted: 0,
    openedLeftOut: [],
    applications: [],
    timeServers: [],
    dns: [],
    dnsTotal: 0,
    echoes: [],
    echoesTotal: 0,
    arp: [],
    claims: [],
    leases: [],
    dhcpClients: [],
    datagrams: numbered([...datagrams.values()]),
    datagramsTotal: datagrams.size,
    icmpErrors: [],
    icmpErrorsTotal: 0,
    probes: [],
    probesTotal: 0,
    tunnels: [],
    hosts: [],
    fragments: [],
    fragmentsTotal: 0,
    fragmentsIncomplete: 0,
    loops: [],
    checked: [],
    checkedSenders: [],
    carriers: [],
    sightings: table,
  };
}

const numbered = <T extends { index: number }>(items: T[]): T[] => items.map((item, index) => ({ ...item, index }));

function stampOf(time: number, { clockOffset, skewPpm, steps = [] }: PathPoint): number {
  const set = steps.reduce((sum, { at, by }) => sum + (time >= at ? by : 0), 0);
  return Math.round((time * (1 + skewPpm / 1e6) + clockOffset + set) * 1e9) / 1e9;
}

function ttlOf(direction: Direction, path: readonly PathPoint[], index: number): number {
  const passed = direction === TO_SERVER ? path.slice(1, index + 1) : path.slice(index + 1);
  return 64 - passed.reduce((sum, { hops }) => sum + hops, 0);
}

interface RowPlace {
  number: number;
  time: number;
  local: number;
  flow: number;
  ttl: number;
  protocol: 'tcp' | 'udp';
}

function addRow(table: SightingTable, row: Row, { number, time, local, flow, ttl, protocol }: RowPlace): void {
  const at = table.addRow(flow, row.direction);
  const { columns } = table;
  columns.packet[at] = number;
  columns.time[at] = time;
  columns.point[at] = local;
  columns.kind[at] = protocol === 'tcp' ? SIGHTING_TCP : SIGHTING_UDP;
  columns.flow[at] = flow;
  columns.direction[at] = row.direction;
  columns.ipId[at] = row.ipId;
  columns.ttl[at] = ttl;
  columns.l3Length[at] = row.length + (protocol === 'tcp' ? 52 : 28);
  columns.payloadLength[at] = row.length;
  columns.flags[at] = row.flags;
  columns.seq[at] = row.seq;
  columns.ack[at] = row.ack;
  columns.window[at] = 500;
  columns.tsValue[at] = row.tsValue;
  columns.tsEcho[at] = row.tsEcho;
  columns.payloadHash[at] = row.payloadHash;
}

interface Noted {
  packet: number;
  time: number;
  row: Row;
  local: number;
  flow: number;
  at: PathPoint;
  ends: SimulatedFlow;
}

function note(
  connections: Map<string, Connection>,
  key: string,
  { packet, time, row, local, flow, at, ends }: Noted,
): void {
  let known = connections.get(key);
  const ref = { packet, time };
  if (known === undefined) {
    const { client, server } = at.rename({ client: endpoint(ends.client), server: endpoint(ends.server) });
    const part = { client, server, point: local, flow, encapsulation: at.encapsulation, first: ref, last: ref };
    known = { ...connection(part), directions: [tcpDirection(), tcpDirection()] };
    connections.set(key, known);
  }
  const side = known.directions[row.direction];
  side.packets++;
  side.tsFirst ??= row.tsValue === 0 ? null : row.tsValue;
  if ((row.flags & FLAG_SYN) !== 0) {
    side.iss = row.seq;
    side.syns++;
    const isAnswer = (row.flags & FLAG_ACK) !== 0;
    (isAnswer ? known.synAck : known.syn).push(ref);
    if (isAnswer) known.synAckAcks = row.ack;
    known.rolesFrom = known.syn.length > 0 ? 'syn' : 'syn-ack';
  }
}

function noteDatagram(
  datagrams: Map<string, DatagramFlow>,
  key: string,
  { packet, time, row, local, flow, at, ends }: Noted,
): void {
  let known = datagrams.get(key);
  if (known === undefined) {
    const { client, server } = at.rename({ client: endpoint(ends.client), server: endpoint(ends.server) });
    known = {
      ...datagram({ client, server }),
      point: local,
      flow,
      encapsulation: at.encapsulation,
      packets: [0, 0],
      first: [null, null],
    };
    datagrams.set(key, known);
  }
  known.packets[row.direction]++;
  known.first[row.direction] ??= { packet, time };
}

// ---------------------------------------------------------------------------------------------- traffic

export const MSS = 1448;

export interface TransferOptions {
  flow: number;
  seed: number;
  start: number;
  /** Data segments from the server. */
  segments: number;
  /** Segments written at once. */
  burst: number;
  seconds: number;
  timestamps?: boolean;
}

/** A connection: handshake, a request, then data from the server in bursts, each acknowledged. */
export function transfer({
  flow,
  seed,
  start,
  segments,
  burst,
  seconds,
  timestamps = true,
}: TransferOptions): WirePacket[] {
  const next = randomFrom(seed);
  const word = () => Math.floor(next() * 2 ** 32);
  const [iss, irs] = [word(), word()];
  const ids = [word() & 0xffff, word() & 0xffff];
  const ts = timestamps ? [word(), word()] : [0, 0];
  const packets: WirePacket[] = [];
  let batches = 0;
  const send = (time: number, direction: Direction, flags: number, seq: number, ack: number, length = 0, batch = 0) => {
    ids[direction] = (ids[direction] + 1) & 0xffff || 1;
    const stamp = (side: number) => (timestamps ? (ts[side] + Math.floor(time * 1000)) >>> 0 : 0);
    packets.push({
      flow,
      time,
      direction,
      flags,
      seq: seq >>> 0,
      ack: ack >>> 0,
      length,
      tsValue: stamp(direction),
      tsEcho: stamp(1 - direction),
      ipId: ids[direction],
      payloadHash: word(),
      batch,
      lostAfter: null,
    });
  };
  send(start, TO_SERVER, FLAG_SYN, iss, 0);
  send(start + 0.01, TO_CLIENT, FLAG_SYN | FLAG_ACK, irs, iss + 1);
  send(start + 0.02, TO_SERVER, FLAG_ACK, iss + 1, irs + 1);
  send(start + 0.021, TO_SERVER, FLAG_ACK, iss + 1, irs + 1, 120);
  const bursts = Math.ceil(segments / burst);
  for (let sent = 0, i = 0; sent < segments; i++) {
    const time = start + 0.05 + (seconds * i) / bursts;
    batches++;
    for (let k = 0; k < burst && sent < segments; k++, sent++)
      send(time + k * 1e-6, TO_CLIENT, FLAG_ACK, irs + 1 + sent * MSS, iss + 121, MSS, flow * 100_000 + batches);
    send(time + 0.02, TO_SERVER, FLAG_ACK, iss + 121, irs + 1 + sent * MSS);
  }
  return packets;
}

/** Lost data is sent again, once, after a while; the copies arrive. */
export function withRetransmissions(packets: WirePacket[], after = 0.2): WirePacket[] {
  const again = packets
    .filter(({ lostAfter, length, flags }) => lostAfter !== null && (length > 0 || (flags & FLAG_SYN) !== 0))
    .map((packet, index) => ({
      ...packet,
      time: packet.time + after,
      tsValue: packet.tsValue === 0 ? 0 : (packet.tsValue + Math.round(after * 1000)) >>> 0,
      ipId: (packet.ipId + 20_000 + index) & 0xffff || 1,
      batch: 0,
      lostAfter: null,
    }));
  return [...packets, ...again].sort((a, b) => a.time - b.time);
}
