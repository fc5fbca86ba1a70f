import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { packetSelection, type Selection } from '../../src/filter/selection.ts';
import { digestAll } from '../../src/pipeline/digest-all.ts';

const CASE = 'test/pcaps/case-1/node1__enp26s0f0.pcap';
const PACKETS = 36;

async function digestOf(selection: Selection) {
  const [{ digest }] = await digestAll([CASE], { selection });
  return digest;
}

describe('only the selected packets are followed', () => {
  test('and the capture says which', async () => {
    const all = await digestOf({});
    const arp = await digestOf({ filter: 'arp' });
    expect(all.capture).toMatchObject({ packets: PACKETS, filters: [] });
    expect(arp.capture).toMatchObject({ packets: 4, filters: ['arp'] });
    expect((await digestOf({ filter: 'arp', between: ['0', '999'] })).capture.filters).toEqual([
      'between 0 and 999 and arp',
    ]);
  });

  test('they keep their numbers, and the capture its first time', async () => {
    const all = await digestOf({});
    const udp = await digestOf({ filter: 'udp' });
    expect(udp.capture.baseSeconds).toBe(all.capture.baseSeconds);
    expect(udp.capture.packets).toBe(PACKETS - 4);
    expect(udp.connections.map(({ first }) => first)).toEqual(all.connections.map(({ first }) => first));
    expect(udp.connections.length).toBeGreaterThan(0);
  });

  test('a conversation has both directions, inside tunnels too', async () => {
    const one = await digestOf({ conversation: '10.233.66.0:29894,10.233.65.46:5000' });
    const hosts = await digestOf({ conversation: '10.233.65.46,10.233.66.0' });
    expect(hosts.capture.packets).toBeGreaterThan(0);
    expect(one.capture.packets).toBeLessThanOrEqual(hosts.capture.packets);
    expect(hosts.capture.packets).toBe(
      (await digestOf({ filter: 'host 10.233.66.0 and host 10.233.65.46', filterInside: true })).capture.packets,
    );
  });

  test('times: seconds since the first packet, dates, seconds since 1970; both ends are included', async () => {
    const { baseSeconds } = (await digestOf({})).capture;
    const counts = async (from: string, to: string) => (await digestOf({ between: [from, to] })).capture.packets;
    const date = (seconds: number) => new Date(seconds * 1000).toISOString();
    expect(await counts('0', '0')).toBe(1);
    const early = await counts('0', '1');
    expect(early).toBeGreaterThan(1);
    expect(early + (await counts('1.0000001', '999'))).toBe(PACKETS);
    expect(await counts(date(baseSeconds - 1), date(baseSeconds + 100))).toBe(PACKETS);
    expect(await counts(date(baseSeconds - 1).slice(0, 19), String(baseSeconds + 100))).toBe(PACKETS);
    expect(await counts(date(baseSeconds - 9), date(baseSeconds - 2))).toBe(0);
  });
});

test('rows of a second reading are those of the selected packets', async () => {
  const files = ['node1__enp26s0f0.pcap', 'node2__enp26s0f0.pcap'].map((name) => `test/pcaps/case-1/${name}`);
  const selection = { filter: 'udp' };
  const whole = await analyze(files, { selection });
  // So few rows that the captures are read again.
  const again = await analyze(files, { selection, sightings: 20 });
  expect(again.verdict).toEqual(whole.verdict);
  expect(again.paths.map(({ lost }) => lost)).toEqual(whole.paths.map(({ lost }) => lost));
});

test.each<[Selection, string]>([
  [{ conversation: '10.0.0.1' }, 'is no conversation'],
  [{ conversation: '10.0.0.1:99999,10.0.0.2' }, 'is no conversation'],
  [{ between: ['noon', '5'] }, '"noon" is no time'],
  [{ filter: 'tcp or' }, 'the filter ends too early'],
])('%j is refused before anything is read', async (selection, message) => {
  expect(() => packetSelection(selection)).toThrow(message);
  await expect(analyze(['/no/such/file'], { selection })).rejects.toThrow(message);
});
