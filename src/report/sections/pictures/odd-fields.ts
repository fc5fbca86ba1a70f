/**
 * Which fields of a finding's packets are the odd ones. Decided by values alone: a field that can mean only trouble, one
 * that differs from what the same sender uses elsewhere, and one that reaches what the finding measured.
 */
import type { Evidence, PacketField } from '../../../flows/evidence/evidence.ts';
import type { Occurrence } from '../../../heuristics/rule/rule.ts';

export interface FieldsAt {
  point: number;
  fields: readonly PacketField[];
}

/** Fields by which one sender is known: several values of one of them in packets of one sender are a contradiction. */
const SENDER_FIELDS = [
  'ip.ttl',
  'ipv6.hlim',
  'eth.src',
  'outer ip.src',
  'outer ip.dst',
  'outer udp.dstport',
  'vxlan',
  'geneve',
] as const;

/** @returns the names of the odd fields, by packet */
export function oddFields(evidence: Evidence, { measured }: Occurrence, packets: readonly FieldsAt[]): Set<string>[] {
  const odd = packets.map(({ fields }) => alwaysOdd(fields));
  const limit = typeof measured.smallestLost === 'number' ? measured.smallestLost : 0;
  if (limit > 0)
    for (const [at, { fields }] of packets.entries())
      for (const name of ['ip.len', 'length']) if (Number(fieldOf(fields, name)) >= limit) odd[at].add(name);
  markContradictions(packets, odd);
  markUnusualTtls(evidence, packets, odd);
  markRepetitions(packets, odd);
  return odd;
}

const fieldOf = (fields: readonly PacketField[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;

const sourceOf = (fields: readonly PacketField[]): string | undefined =>
  fieldOf(fields, 'ip.src') ?? fieldOf(fields, 'ipv6.src') ?? fieldOf(fields, 'arp.src.proto_ipv4');

/** What no ordinary packet has. */
function alwaysOdd(fields: readonly PacketField[]): Set<string> {
  const odd = new Set<string>();
  const flags = fieldOf(fields, 'tcp.flags') ?? '';
  const isReset = flags.includes('RST');
  if (isReset) odd.add('tcp.flags');
  if (fieldOf(fields, 'tcp.window') === '0' && !isReset) odd.add('tcp.window');
  if ((fieldOf(fields, 'dns.flags.rcode') ?? '0') !== '0') odd.add('dns.flags.rcode');
  for (const name of ['dns.flags.truncated', 'checksum', 'icmp.mtu', 'icmpv6.mtu', 'tcp.options.sack'])
    if (fieldOf(fields, name) !== undefined) odd.add(name);
  const icmp = Number(fieldOf(fields, 'icmp.type') ?? -1);
  // Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792).
  if ([3, 4, 5, 11, 12].includes(icmp)) for (const name of ['icmp.type', 'icmp.code']) odd.add(name);
  const icmpv6 = Number(fieldOf(fields, 'icmpv6.type') ?? -1);
  // Error messages are those below 128 (RFC 4443, 2.1).
  if (icmpv6 >= 0 && icmpv6 < 128) for (const name of ['icmpv6.type', 'icmpv6.code']) odd.add(name);
  return odd;
}

/**
 * One sender with several values: where the value changes both are marked, for values alone do not tell which of them is
 * wrong.
 */
function markContradictions(packets: readonly FieldsAt[], odd: readonly Set<string>[]): void {
  for (const name of ['arp.src.hw_mac', ...SENDER_FIELDS]) {
    const latest = new Map<string, { at: number; value: string }>();
    for (const [at, { fields, point }] of packets.entries()) {
      const [source, value] = [sourceOf(fields), fieldOf(fields, name)];
      if (source === undefined || value === undefined) continue;
      const key = `${point} ${source}`;
      const before = latest.get(key);
      latest.set(key, { at, value });
      if (before === undefined || before.value === value) continue;
      odd[before.at].add(name);
      odd[at].add(name);
    }
  }
}

/** A TTL that the sender does not use otherwise, as its hosts' other packets at this point show. */
function markUnusualTtls(evidence: Evidence, packets: readonly FieldsAt[], odd: readonly Set<string>[]): void {
  for (const [at, { fields, point }] of packets.entries()) {
    const source = sourceOf(fields);
    const ttl = fieldOf(fields, 'ip.ttl') ?? fieldOf(fields, 'ipv6.hlim');
    if (source === undefined || ttl === undefined) continue;
    const counts = new Map<number, number>();
    for (const { client, server, directions, point: own } of evidence.connections) {
      if (own !== point) continue;
      for (const [side, end] of [client, server].entries())
        if (end.address === source)
          for (const { value, count } of directions[side].ttls) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    // Rarer than one in four of the sender's packets.
    if (total > 0 && (counts.get(Number(ttl)) ?? 0) * 4 < total) odd[at].add('ip.ttl').add('ipv6.hlim');
  }
}

/** Octets that were shown before, and questions that were asked before. */
function markRepetitions(packets: readonly FieldsAt[], odd: readonly Set<string>[]): void {
  const seen = new Set<string>();
  for (const [at, { fields, point }] of packets.entries()) {
    const isSyn = fieldOf(fields, 'tcp.flags')?.includes('SYN') === true;
    const length = fieldOf(fields, 'tcp.len') ?? '0';
    const tcp = length !== '0' || isSyn ? fieldOf(fields, 'tcp.seq_raw') : undefined;
    const dns = fieldOf(fields, 'dns.flags.rcode') === undefined ? fieldOf(fields, 'dns.id') : undefined;
    const number = tcp ?? dns;
    if (number === undefined) continue;
    const key = `${point} ${sourceOf(fields)} ${fieldOf(fields, 'tcp.srcport') ?? fieldOf(fields, 'udp.srcport')} ${number} ${fieldOf(fields, 'dns.qry.name')}`;
    if (seen.has(key)) odd[at].add(tcp === undefined ? 'dns.id' : 'tcp.seq_raw');
    seen.add(key);
  }
}
