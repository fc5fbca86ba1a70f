/** Segments that are sent again are seen twice before the place where the first was lost, and once behind it. */
import { expect, test } from 'vitest';
import { formatHops, hopStats } from '../src/hop-stats.ts';
import { pcapFile } from './support/capture-bytes.ts';
import { dialogue } from './support/dialogue.ts';
import { arp, ethernet } from './support/frames.ts';

const data = new Uint8Array(1_000).fill(0x61);
/** A request of eight segments, of which the third is sent again; frames of the other direction acknowledge. */
const frames = dialogue([
  ['client', data],
  ['client', new Uint8Array(900).fill(0x62)],
  ['client', new Uint8Array(800).fill(0x63)],
  ['server', data],
]);
const LOST = 5;

function captureOf(name: string, without: (nth: number) => boolean, again: boolean) {
  const records = frames.flatMap(([seconds, frame], nth) => {
    const at = (time: number) => ({ frame, seconds: 1_700_000_000, nanoseconds: Math.round(time * 1e9) });
    // What comes later waits until the segment is sent again.
    const first = without(nth) ? [] : [at(nth > LOST ? seconds + 0.5 : seconds)];
    return nth === LOST && again ? [...first, at(seconds + 0.3)] : first;
  });
  return { name, data: pcapFile(records, { nano: true }) };
}

test('a segment that was lost between two points is sent again before it, and arrives once behind it', async () => {
  const before = captureOf('node1__eth0.pcap', () => false, true);
  const behind = captureOf('node2__eth0.pcap', (nth) => nth === LOST, true);
  const hops = await hopStats([before, behind]);
  const there = hops.find(({ from }) => from === 'node1 eth0');
  expect(there).toMatchObject({ to: 'node2 eth0', connections: 1, lost: 1, lostData: 1, sentAgain: 1, untold: 0 });
  expect(hops.find(({ from }) => from === 'node2 eth0')).toMatchObject({ lost: 0, sentAgain: 0 });
  expect(formatHops(hops)).toMatch(/node1 eth0 > node2 eth0 +1 +1 +\d+ +1 +1\n/);
});

test('one that is lost behind both is sent again at both', async () => {
  const hops = await hopStats([
    captureOf('node1__eth0.pcap', () => false, true),
    captureOf('node2__eth0.pcap', () => false, true),
  ]);
  expect(hops.find(({ from }) => from === 'node1 eth0')).toMatchObject({ lost: 0, lostData: 0, sentAgain: 1 });
});

test('captures of other traffic share no hop', async () => {
  const other = { name: 'node2__eth0.pcap', data: pcapFile([{ frame: ethernet({}, arp({})) }]) };
  expect(formatHops(await hopStats([captureOf('node1__eth0.pcap', () => false, false), other]))).toBe(
    'No connection was seen at two capture points\n',
  );
});
