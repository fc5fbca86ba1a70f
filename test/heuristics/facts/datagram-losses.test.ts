import { describe, expect, test } from 'vitest';
import type { Hop } from '../../../src/flows/evidence/evidence.ts';
import { lossesOfDatagrams } from '../../../src/heuristics/facts/datagram-losses.ts';
import {
  arp,
  connection,
  datagram,
  type EvidenceParts,
  evidence,
  type Path,
  point,
  probe,
} from '../../support/evidence.ts';

const points = [point(), point(), point()];
/** A flow over the hop from point 0 to 1. Not answered, unless said. */
function flow(port: number, hop: Partial<Hop>, some: Parameters<typeof datagram>[0] = {}) {
  const near = datagram({ client: `10.244.1.5:${port}`, ...some });
  const far = { ...near, point: 1, packets: [0, 0] as [number, number] };
  const path: Path = { of: [near, far], hops: [{ packets: 10, largestArrived: 100, smallestLost: 100, ...hop }] };
  return { near, far, path };
}
function told(flows: ReturnType<typeof flow>[], least = 3, more: EvidenceParts = {}): string {
  const datagrams = flows.flatMap(({ near, far }) => [near, far]);
  const all = evidence({ points, datagrams, paths: flows.map(({ path }) => path), ...more });
  return lossesOfDatagrams(all, least)
    .map(
      ({ all: hops, losing, conversations }) =>
        `${losing.length} of ${hops.length}: ${conversations.map(({ index }) => index).join(' ')}`,
    )
    .join('\n');
}

describe('datagrams that are lost between two points', () => {
  test.each<[string, ReturnType<typeof flow>[], string]>([
    ['three of ten', [flow(1, { lost: 3 })], '1 of 1: 0'],
    ['two of ten', [flow(1, { lost: 2 })], ''],
    ['of two flows together', [flow(1, { lost: 2 }), flow(2, { lost: 1 })], '2 of 2: 0 1'],
    ['one of two flows loses', [flow(1, { lost: 0 }), flow(2, { lost: 3 })], '1 of 2: 1'],
    ['none passes', [flow(1, { packets: 3, lost: 3, matched: 0 })], ''],
    [
      'single ones between others that pass',
      [1, 2, 3].map((nth) => flow(nth, { packets: 1, lost: 1, matched: 0 })).concat(flow(4, { lost: 0 })),
      '3 of 4: 0 1 2',
    ],
    ['unknown', [flow(1, { lost: 3, unknown: { code: 'rows-not-kept' } })], ''],
    [
      'single ones that were answered took another way',
      [1, 2, 3]
        .map((nth) => flow(nth, { packets: 1, lost: 1, matched: 0 }, { back: [1] }))
        .concat(flow(4, { lost: 0 })),
      '',
    ],
    ['one that was answered, and of which some passed', [flow(1, { lost: 3 }, { back: [1] })], '1 of 1: 0'],
    ['of two servers', [flow(1, { lost: 2 }), flow(2, { lost: 2 }, { server: '10.244.2.8:5000' })], ''],
    ['of two clients', [flow(1, { lost: 2 }), flow(2, { lost: 2 }, { client: '10.244.1.6:1' })], ''],
    ['of two directions', [flow(1, { lost: 2 }), flow(2, { lost: 2, direction: 1 })], ''],
    ['of two hops', [flow(1, { lost: 2 }), flow(2, { lost: 2, to: 2 })], ''],
    ['from two hops', [flow(1, { lost: 2 }), flow(2, { lost: 2, from: 2 })], ''],
    ['larger than any link must carry, and than what passed', [flow(1, { lost: 3, smallestLost: 1281 })], ''],
    ['as large as any link must carry', [flow(1, { lost: 3, smallestLost: 1280 })], '1 of 1: 0'],
    ['large, and one as large passed', [flow(1, { lost: 3, smallestLost: 1400, largestArrived: 1400 })], '1 of 1: 0'],
    [
      'large, and one as large of another flow passed',
      [flow(1, { lost: 3, packets: 3, matched: 0, smallestLost: 1400 }), flow(2, { lost: 0, largestArrived: 1400 })],
      '',
    ],
    [
      'one flow loses large ones, one loses small ones',
      [flow(1, { lost: 3, smallestLost: 1400 }), flow(2, { lost: 3, smallestLost: 100, largestArrived: 200 })],
      '2 of 2: 0 1',
    ],
  ])('%s', (_, flows, expected) => {
    expect(told(flows)).toBe(expected);
  });

  test('the least number is that of the caller', () => {
    expect(told([flow(1, { lost: 3 })], 4)).toBe('');
    expect(told([flow(1, { lost: 4 })], 4)).toBe('1 of 1: 0');
  });

  test('TCP and ARP repeat themselves, and traceroutes are lost on purpose', () => {
    const near = connection({ syn: [0] });
    const far = { ...near, point: 1 };
    const hops = [{ packets: 10, lost: 3 }];
    expect(told([], 3, { connections: [near, far], paths: [{ of: [near, far], hops }] })).toBe('');
    const asked = arp();
    const seen = { ...asked, point: 1 };
    expect(told([], 3, { arp: [asked, seen], paths: [{ of: [asked, seen], hops }] })).toBe('');
    const { near: traced } = flow(1, { lost: 3 });
    const probes = [1, 2, 3].map((ttl) =>
      probe(ttl, ttl, { protocol: 17, source: traced.client, destination: traced.server }),
    );
    expect(told([flow(1, { lost: 3 })], 3, { probes })).toBe('');
  });
});
