import { describe, expect, test } from 'vitest';
import { dropCounts } from '../../../src/flows/capture/drop-counts.ts';
import { analyze, readPackets } from '../../../src/index.ts';
import { blocks, joined, octets } from '../../decode/files/capture-builder.ts';

/** Packets that nothing answers are the evidence of its fault. */
const SILENT = 'test/pcaps/case-1/node1__enp26s0f0.pcap';

describe('drop counters', () => {
  test.each([
    ['nothing told', [{}], 0, 10, { dropped: null, doubted: 0 }],
    ['none dropped', [{ interfaceDropped: 0 }], 0, 10, { dropped: 0, doubted: 0 }],
    [
      'both counters of two interfaces',
      [{ interfaceDropped: 3, systemDropped: 4 }, { systemDropped: 5 }],
      0,
      1,
      { dropped: 12, doubted: 0 },
    ],
    ['counts beside packets, of the same packets', [{ interfaceDropped: 3 }], 7, 1, { dropped: 7, doubted: 0 }],
    ['more than half of a fast link', [{ interfaceDropped: 1e9 }], 0, 10, { dropped: 1e9, doubted: 0 }],
    ['more than any link carries', [{ interfaceDropped: 1e10 }], 0, 10, { dropped: null, doubted: 1e10 }],
    [
      'all ones, of 32 bits, in a long capture',
      [{ systemDropped: 2 ** 32 - 1 }],
      0,
      1e6,
      { dropped: null, doubted: 2 ** 32 - 1 },
    ],
    [
      'all ones, of 64 bits, beside one that can be',
      [{ interfaceDropped: 2 ** 64, systemDropped: 2 }],
      0,
      10,
      { dropped: 2, doubted: 2 ** 64 },
    ],
    ['absurd beside packets', [{ interfaceDropped: 1 }], 2 ** 60, 10, { dropped: 1, doubted: 2 ** 60 }],
  ])('%s', (_name, interfaces, beside, seconds, expected) => {
    expect(dropCounts(interfaces, beside, seconds)).toEqual(expected);
  });

  test('a doubted count gates nothing and is told', async () => {
    const write = blocks(true);
    const packets: Uint8Array[] = [];
    for await (const { seconds, nanoseconds, bytes, originalLength } of readPackets(SILENT))
      packets.push(
        write.enhanced(0, BigInt(seconds) * 1_000_000n + BigInt(nanoseconds) / 1000n, bytes, originalLength),
      );
    const told = (dropped: bigint) =>
      analyze({
        name: 'counted.pcapng',
        data: joined(
          write.section(),
          write.interface(1, 0),
          ...packets,
          write.statistics(0, [[5, octets(true, (to) => to.i64(dropped))]]),
        ),
      });
    const [none, real, absurd] = [await told(0n), await told(1000n), await told(-1n)];
    const found = ({ findings }: typeof none): string[] => findings.map(({ ruleId }) => ruleId);
    expect(found(none)).toContain('syn-no-reply');
    expect(found(real)).not.toContain('syn-no-reply');
    expect(found(absurd)).toEqual(found(none));
    expect(absurd.captures[0].dropped).toBeNull();
    expect(absurd.unseen.join('\n')).toMatch(/claims [\d,]+ dropped packets, more than could be in its \d+\.\d{3} s/);
  });
});
