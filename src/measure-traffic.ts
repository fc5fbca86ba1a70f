import { readAll } from './analyze.ts';
import type { AnalyzeOptions } from './analyze-options.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import type { Joined } from './flows/capture/capture-digest.ts';
import {
  connectionObject,
  datagramObject,
  flowKey,
  lookupObject,
} from './flows/correlate/conversations/drop-ordinary.ts';
import { type Connection, type Evidence, TO_CLIENT, TO_SERVER } from './flows/evidence/evidence.ts';
import type { TrafficMeasures } from './gate/traffic-measures.ts';
import { isUnanswered, lookupsOf } from './heuristics/facts/dns-lookups.ts';
import { unopenedConnections } from './heuristics/judge/unopened-connections.ts';
import { endText } from './text/end-text.ts';

/** Which packets are measured, and when to end. */
export type MeasureOptions = Pick<AnalyzeOptions, 'selection' | 'stop' | 'signal' | 'inflateLimit'>;

/**
 * Measures one capture. A conversation that is in it several times (at several interfaces, in copies, before and after a
 * translation) counts once.
 *
 * @throws PcapdiagError and the reason of `signal`, as `analyze` does
 */
export async function measureTraffic(source: CaptureSource, options: MeasureOptions = {}): Promise<TrafficMeasures> {
  const { evidence: telling, whole: evidence } = await readAll(source, options);
  const mss = new Smallest();
  const mtu = new Smallest();
  for (const { to, mtu: told, quoted } of evidence.icmpErrors) if (told > 0 && quoted !== null) mtu.add(to, told);
  return {
    packets: evidence.points.reduce((total, { quality }) => total + quality.packets, 0),
    ends: endsOf(evidence),
    dns: { ...dnsOf(evidence), unanswered: unanswered(telling) },
    tcp: { ...tcpOf(evidence, mss), ...unopenedConnections(telling) },
    mss: mss.byAddress,
    toldMtu: mtu.byAddress,
    ttl: ttlsOf(evidence),
  };
}

/** At all points, so before and after each translation. */
function endsOf({ conversations, connections, datagrams }: Joined): string[] {
  const ends = new Set<string>();
  for (const conversation of conversations)
    for (const { kind, index } of conversation.legs) {
      const ofLeg = {
        tcp: () => connectionObject(connections[index], index),
        datagram: () => datagramObject(datagrams[index], index),
      };
      const { client, server } = kind === 'tcp' || kind === 'datagram' ? ofLeg[kind]() : conversation;
      ends.add(`${conversation.protocol} ${client.address}`);
      ends.add(`${conversation.protocol} ${endText(server)}`);
    }
  return [...ends].sort();
}

/** Of each conversation the point that saw most of it. @param mss is told what each SYN offers */
function tcpOf(evidence: Joined, mss: Smallest): Omit<TrafficMeasures['tcp'], 'failed' | 'untold'> {
  const sum = { connections: 0, dataSegments: 0, sentAgain: 0, roundTrips: [] as number[] };
  for (const { legs } of evidence.conversations) {
    let [isOpened, roundTrip, dataSegments, sentAgain] = [false, null as number | null, 0, 0];
    for (const { kind, index } of legs) {
      if (kind !== 'tcp') continue;
      const connection = connectionObject(evidence.connections[index], index);
      const { client, server, directions, syn } = connection;
      isOpened ||= syn.length > 0;
      roundTrip ??= roundTripOf(connection);
      const here = directions[TO_SERVER].dataSegments + directions[TO_CLIENT].dataSegments;
      if (here > dataSegments) [dataSegments, sentAgain] = [here, sentAgainOf(connection)];
      mss.add(client.address, directions[TO_SERVER].mss);
      mss.add(server.address, directions[TO_CLIENT].mss);
    }
    if (isOpened) sum.connections++;
    if (roundTrip !== null) sum.roundTrips.push(roundTrip);
    sum.dataSegments += dataSegments;
    sum.sentAgain += sentAgain;
  }
  sum.roundTrips.sort((a, b) => a - b);
  return sum;
}

const roundTripOf = ({ handshakeServerSide, handshakeClientSide }: Connection): number | null =>
  handshakeServerSide === null || handshakeClientSide === null ? null : handshakeServerSide + handshakeClientSide;

const sentAgainOf = ({ directions }: Connection): number =>
  directions.reduce((total, { resentSegments, needlessSegments }) => total + resentSegments + needlessSegments, 0);

/** Of each conversation the point nearest to its client that saw queries. */
function dnsOf(evidence: Joined): Omit<TrafficMeasures['dns'], 'unanswered'> {
  const asked = evidence.dns.flatMap((lookup, index) => {
    const { point, flow, queries, responses } = lookupObject(lookup, index);
    if (queries.length === 0) return [];
    return [{ key: flowKey(point, flow), seconds: responses.length > 0 ? responses[0].time - queries[0].time : null }];
  });
  const asking = new Set(asked.map(({ key }) => key));
  const nearest = new Set(
    evidence.conversations.map(({ legs }) =>
      legs.map(({ point, flow }) => flowKey(point, flow)).find((key) => asking.has(key)),
    ),
  );
  const counted = asked.filter(({ key }) => nearest.has(key));
  const seconds = counted.flatMap((one) => one.seconds ?? []).sort((a, b) => a - b);
  return { queries: counted.length, seconds };
}

/** A port that ICMP says is closed has not answered. */
const unanswered = (evidence: Evidence): number =>
  lookupsOf(evidence).filter((one) => (one.answer === null && one.error !== null) || isUnanswered(evidence, one))
    .length;

class Smallest {
  readonly byAddress: Record<string, number> = {};

  add(address: string, value: number | null): void {
    if (value !== null) this.byAddress[address] = Math.min(value, this.byAddress[address] ?? value);
  }
}

/** Of equally frequent ones the larger. */
function ttlsOf({ hosts }: Pick<Evidence, 'hosts'>): Record<string, number> {
  const counts = new Map<string, Map<number, number>>();
  for (const { address, ttls } of hosts) {
    const own = counts.get(address) ?? new Map<number, number>();
    counts.set(address, own);
    for (const { value, count } of ttls) own.set(value, (own.get(value) ?? 0) + count);
  }
  return Object.fromEntries(
    [...counts].flatMap(([address, own]) => {
      const [most] = [...own].sort(([a, m], [b, n]) => n - m || b - a);
      return most === undefined ? [] : [[address, most[0]]];
    }),
  );
}
