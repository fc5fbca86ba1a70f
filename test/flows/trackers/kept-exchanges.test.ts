import { describe, expect, it } from 'vitest';
import type { DatagramFlow, DnsExchange } from '../../../src/flows/evidence/evidence.ts';
import { keptDatagrams, keptDns } from '../../../src/flows/trackers/kept-exchanges.ts';

const server = { address: '10.96.0.10', port: 53 };

/** The `index`-th lookup, each from a port and with a name of its own, answered after 1 ms. */
function lookup(index: number, changes: Partial<DnsExchange> = {}): DnsExchange {
  const query = { packet: 2 * index + 1, time: index, sourcePort: 40_000 + index, l3Length: 60 };
  const response = {
    packet: 2 * index + 2,
    time: index + 0.001,
    from: server,
    rcode: 0,
    truncated: false,
    answers: 1,
    addresses: [],
    l3Length: 90,
  };
  return {
    index,
    point: 0,
    flow: index,
    client: { address: '10.244.1.7', port: 40_000 + index },
    server,
    transport: 'udp',
    id: index,
    name: `name-${index}.example`,
    type: 1,
    queries: [query],
    queriesTotal: 1,
    responses: [response],
    encapsulation: [],
    ...changes,
  };
}

const datagram = (flow: number, packets: [number, number]): DatagramFlow => ({
  index: flow,
  point: 0,
  flow,
  protocol: 17,
  client: { address: '10.244.1.7', port: 40_000 + flow },
  server,
  packets,
  octets: [60, 90],
  first: [null, null],
  last: [null, null],
  largestL3: [60, 90],
  samples: [[], []],
  encapsulation: [],
  tunnels: [],
  toGroup: [false, false],
  quic: false,
  sinceAnswer: null,
  unanswered: null,
});

const flowsOf = (items: readonly { flow: number }[]): number[] => items.map(({ flow }) => flow);

describe('keptDns', () => {
  it('keeps everything within the limit', () => {
    const all = [0, 1, 2].map((index) => lookup(index));
    expect(keptDns(all, 3)).toEqual(all);
  });

  it('renumbers what it keeps even if it drops nothing, because earlier drops left gaps', () => {
    expect(keptDns([lookup(7), lookup(9)], 3).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('keeps the first ordinary lookups and every one in trouble, in order and renumbered', () => {
    const all = Array.from({ length: 10 }, (_, index) => lookup(index));
    all[4] = lookup(4, { responses: [] });
    all[6] = lookup(6, { responses: [{ ...all[6].responses[0], rcode: 2 }] });
    all[8] = lookup(8, { responses: [{ ...all[8].responses[0], time: 8.5 }] });
    const kept = keptDns(all, 2);
    expect(flowsOf(kept)).toEqual([0, 1, 4, 6, 8]);
    expect(kept.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps lookups of the same socket as one in trouble, and those of the same client and name', () => {
    const all = Array.from({ length: 6 }, (_, index) => lookup(index));
    all[2] = lookup(2, { responses: [] });
    all[3] = lookup(3, { client: all[2].client, type: 28 });
    all[5] = lookup(5, { name: all[2].name });
    expect(flowsOf(keptDns(all, 1))).toEqual([0, 2, 3, 5]);
  });

  it('does not keep a lookup of the same client and name a minute later', () => {
    const all = [0, 1, 2, 60].map((index) => lookup(index));
    all[1] = lookup(1, { responses: [] });
    all[3] = lookup(60, { name: all[1].name });
    expect(flowsOf(keptDns(all, 1))).toEqual([0, 1]);
  });
});

describe('keptDatagrams', () => {
  it('keeps the first answered flows, those without answer, and those of kept lookups', () => {
    const flows = Array.from({ length: 6 }, (_, flow) => datagram(flow, flow === 3 ? [2, 0] : [1, 1]));
    expect(flowsOf(keptDatagrams(flows, 1, [lookup(5)]))).toEqual([0, 3, 5]);
  });
});
