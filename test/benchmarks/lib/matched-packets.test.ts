import { expect, test } from 'vitest';
import { matchedPackets } from '../../../benchmarks/lib/matched-packets.mjs';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { plainPoint, simulate, transfer, withRetransmissions } from '../../flows/correlate/trace-simulator.ts';

const FLOWS = [
  { protocol: 'tcp' as const, client: '10.0.0.5:4000', server: '10.0.0.9:80' },
  { protocol: 'tcp' as const, client: '10.0.0.5:4001', server: '224.0.0.9:80' },
];
const packets = [0, 1].flatMap((flow) =>
  withRetransmissions(
    transfer({ flow, seed: 3 + flow, start: 1, segments: 60, burst: 6, seconds: 4 }).map((packet, at) => ({
      ...packet,
      lostAfter: at === 20 ? 0 : null,
    })),
  ),
);

test.each([1, 4])('names as many packets as the hops count, offload merging %d segments', (merge) => {
  const path = [plainPoint('a.pcap', { merge }), plainPoint('b.pcap', { delay: 0.001 })];
  const digests = simulate(FLOWS, packets, path);
  const evidence = correlate(digests, { known: NOTHING_KNOWN });
  const found = matchedPackets(digests, evidence);
  const counted = evidence.conversations.flatMap(({ hops }) => hops).reduce((sum, { matched }) => sum + matched, 0);
  expect(counted).toBeGreaterThan(60);
  expect(found.reduce((sum, { pieces }) => sum + Math.max(1, pieces), 0)).toBe(counted);
  expect(found.some(({ runs }) => runs.length > 0)).toBe(merge > 1);
});
