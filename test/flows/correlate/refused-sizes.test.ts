import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analyze.ts';
import { RefusedSizes } from '../../../src/flows/correlate/paths/refused-sizes.ts';
import { evidence } from '../../support/evidence.ts';
import { hop, icmpError } from '../../support/evidence-items.ts';

const sender = { address: '10.0.8.176', port: 4000 };
const receiver = { address: '10.0.8.106', port: 80 };
const quoted = { version: 4, protocol: 6, source: sender, destination: receiver } as const;
const errors = (mtu: number, code = 4) =>
  new RefusedSizes(
    evidence({ icmpErrors: [icmpError(0, { version: 4, type: 3, code, mtu, quoted: quoted as never })] }) as never,
  );
const ends = [[sender, receiver]] as const;
const refused = hop({ lost: 2, packets: 6, smallestLost: 1500, matchedData: 4, lostSinceMatch: 0 });

describe('packets that are refused because of their size', () => {
  it('are larger than the error asks for, and smaller ones pass afterwards', () => {
    expect(errors(1440).has(refused, ends)).toBe(true);
  });

  it.each([
    ['a packet as small as asked for is lost too', errors(1440), { ...refused, smallestLost: 1440 }, ends],
    ['nothing passes afterwards', errors(1440), { ...refused, lostSinceMatch: 1 }, ends],
    ['no data ever passes', errors(1440), { ...refused, matchedData: 0 }, ends],
    ['another ICMP error', errors(1440, 1), refused, ends],
    ['the error is about the other direction', errors(1440), refused, [[receiver, sender]] as const],
  ])('are not refused: %s', (_why, sizes, one, between) => {
    expect(sizes.has(one, between)).toBe(false);
  });

  it.each<[string, Parameters<typeof icmpError>[1], boolean]>([
    ['IPv4: type 3, code 4', {}, true],
    ['IPv4: another type with code 4', { type: 5 }, false],
    ['IPv4: type 2', { type: 2, code: 0 }, false],
    ['IPv6: type 2', { version: 6, type: 2, code: 0 }, true],
    ['IPv6: type 3, code 4', { version: 6 }, false],
    ['without a size', { mtu: 0 }, false],
    ['without what it is about', { quoted: null }, false],
    ['one octet below the smallest that was lost', { mtu: 1499 }, true],
    ['the smallest that was lost', { mtu: 1500 }, false],
    ['a size of one octet', { mtu: 1 }, true],
  ])('by %s', (_, some, expected) => {
    const error = icmpError(0, { version: 4, type: 3, code: 4, mtu: 1440, quoted: quoted as never, ...some });
    expect(new RefusedSizes(evidence({ icmpErrors: [error] }) as never).has(refused, ends)).toBe(expected);
  });

  it('of several errors the largest size counts, and of several ends any', () => {
    const of = (...sizes: number[]) =>
      new RefusedSizes(
        evidence({
          icmpErrors: sizes.map((mtu, nth) =>
            icmpError(nth, { version: 4, type: 3, code: 4, mtu, quoted: quoted as never }),
          ),
        }) as never,
      );
    expect([of(1440, 1500), of(1500, 1440), of(1440, 1400)].map((sizes) => sizes.has(refused, ends))).toEqual([
      false,
      false,
      true,
    ]);
    expect(of(1440).has(refused, [[receiver, sender], ...ends])).toBe(true);
    expect(of(1440).has({ ...refused, matchedData: 1 }, ends)).toBe(true);
    expect(of().has(refused, ends)).toBe(false);
  });

  it('a path whose routers answer with working errors counts no loss', async () => {
    const folder = 'test/pcaps/healthy-pmtud';
    const report = await analyze(
      readdirSync(folder)
        .sort()
        .map((name) => join(folder, name)),
    );
    expect(report.paths.flatMap(({ lost }) => lost.flat()).filter((lost) => lost !== null && lost > 0)).toEqual([]);
  });
});
