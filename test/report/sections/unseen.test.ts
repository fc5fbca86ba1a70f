import { describe, expect, test } from 'vitest';
import { analyze } from '../../../src/analyze.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { dialogue } from '../../support/dialogue.ts';
import { recordsOf } from '../../support/digest-of.ts';

const some = pcapFile(recordsOf(dialogue([['client', [1, 2, 3]]])), { nano: true });
const none = pcapFile([]);
const unseenOf = async (names: readonly [string, string]): Promise<string[]> =>
  (await analyze([some, none].map((data, nth) => ({ name: names[nth], data })))).unseen;

describe('a capture without packets', () => {
  test('whose name tells no place: only --point makes it count', async () => {
    const told = (await unseenOf(['1.pcap', '2.pcap'])).filter((sentence) => sentence.includes('2.pcap'));
    expect(told[0]).toBe(
      '2.pcap holds no packets; what others show and it lacks counts only where --point FILE=HOST/INTERFACE says where it was taken',
    );
    expect(told.filter((sentence) => sentence.includes('--point'))).toHaveLength(1);
  });

  test('whose name tells its place', async () => {
    const told = await unseenOf(['node1__eth0.pcap', 'node1__cni0.pcap']);
    expect(told).toContain('node1__cni0.pcap holds no packets');
    expect(told.some((sentence) => sentence.includes('--point'))).toBe(false);
  });
});
