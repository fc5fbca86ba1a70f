/** What the byte budget let go, and on which findings that bears. */
import type { CaptureSummary, Evidence, NoRoomFor } from '../../flows/evidence/evidence.ts';
import type { Occurrence } from '../../heuristics/rule/rule.ts';
import { counted, grouped } from '../../text/counted.ts';

const WORDS: Readonly<Record<NoRoomFor, string>> = {
  connection: 'connections that are not followed',
  biflow: 'flows without a number',
  lookup: 'DNS lookups that are only counted',
  ping: 'pings that are only counted',
  neighbour: 'ARP exchanges that are only counted',
  host: 'addresses that are not kept',
  value: 'further MACs and TTLs of an address',
  datagram: 'datagram flows that are not kept',
  trouble: 'connections whose trouble is not kept',
  event: 'events of connections that are not kept',
  tunnel: 'tunnels that are not kept',
  row: 'rows of packets for comparison',
  address: 'IPv6 addresses that are not kept',
};

/** One sentence for a capture that held more than its byte budget; none for others. */
export function letGo({ path, noRoom }: CaptureSummary): string[] {
  if (noRoom === undefined) return [];
  const parts = Object.entries(noRoom).map(
    ([what, times]) => `${WORDS[what as NoRoomFor]} (${counted(times, 'time')})`,
  );
  return [`${path} holds more than the memory budget: there was no room for ${parts.join(', ')}`];
}

const OF_PROTOCOL: Readonly<Record<string, readonly NoRoomFor[]>> = {
  tcp: ['connection', 'trouble', 'event', 'address'],
  udp: ['biflow', 'datagram', 'address'],
  dns: ['biflow', 'lookup', 'address'],
  icmp: ['biflow', 'ping', 'address'],
  arp: ['neighbour', 'host'],
  tunnel: ['tunnel', 'host', 'address'],
  ip: ['host', 'address'],
};

/** A sentence for a finding that rests on a part only; empty for one that rests on all. */
export function restsOnPart(evidence: Evidence, { subject: { protocol }, packets }: Occurrence): string {
  const captures = new Set(packets.map(({ point }) => evidence.points[point].capture));
  const kinds = OF_PROTOCOL[protocol] ?? [];
  const isLacking = [...captures].some((capture) => kinds.some((kind) => evidence.captures[capture].noRoom?.[kind]));
  const [kept, total, what] = keptOf(evidence, protocol);
  if (!isLacking && kept >= total) return '';
  const share =
    kept < total ? `${grouped(kept)} of ${counted(total, what)} were judged one by one` : 'not all of it was kept';
  return ` This rests on a part of the capture: ${share}, for want of memory. There may be more of it.`;
}

function keptOf(evidence: Evidence, protocol: string): [kept: number, total: number, what: string] {
  switch (protocol) {
    case 'dns':
      return [evidence.dns.length, evidence.dnsTotal, 'DNS lookup'];
    case 'icmp':
      return [evidence.echoes.length, evidence.echoesTotal, 'ping'];
    default:
      return [0, 0, ''];
  }
}
