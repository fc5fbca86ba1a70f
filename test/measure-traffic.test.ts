import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { captureStats } from '../src/inspect/capture-stats.ts';
import { listFlows } from '../src/inspect/list-flows.ts';
import { measureTraffic } from '../src/measure-traffic.ts';
import { addressOf } from '../src/text/addresses.ts';
import { fileOfEachHost, oneFile, readSet } from './support/merged-captures.ts';
import { capturesUnder, hasShared, SHARED } from './support/shared-captures.ts';

const DNS = 'test/recorded-twice/dns-slow-server/first/node1__veth30cd338c.pcap';
const PMTUD = 'test/pcaps/healthy-pmtud/client__eth0.pcap';

test('agrees with the lists of flows and of counts', async () => {
  const [measures, { flows }, stats] = [await measureTraffic(PMTUD), await listFlows(PMTUD), await captureStats(PMTUD)];
  expect(measures.packets).toBe(stats.all.packets);
  expect(measures.tcp.connections).toBe(flows.filter(({ history }) => history.startsWith('S')).length);
  expect(measures.tcp.sentAgain).toBe(stats.tcp.sentAgain);
  const roundTrips = flows
    .flatMap(({ protocol, roundTrip }) => (protocol === 'TCP' && roundTrip !== null ? [roundTrip] : []))
    .sort((a, b) => a - b);
  expect(measures.tcp.roundTrips).toHaveLength(roundTrips.length);
  for (const [at, seconds] of roundTrips.entries()) expect(measures.tcp.roundTrips[at]).toBeCloseTo(seconds, 9);
  expect(measures.tcp.dataSegments).toBeGreaterThan(0);
  expect(measures.tcp.dataSegments).toBeLessThan(stats.tcp.segments);
});

test('finds what ICMP tells of the path, what SYNs offer, and how far senders are', async () => {
  const { toldMtu, mss, ttl } = await measureTraffic(PMTUD);
  const [client] = Object.keys(toldMtu);
  expect(toldMtu[client]).toBeGreaterThan(1200);
  expect(toldMtu[client]).toBeLessThan(1500);
  // tshark: the first SYN offers 1460, the second one, after the ICMP message, 1400.
  expect(mss[client]).toBe(1400);
  expect(ttl[client]).toBe(64);
});

test.each([PMTUD, DNS, 'test/pcaps/case-1/node1__enp26s0f0.pcap'])('names both ends of each flow: %s', async (path) => {
  const [{ ends }, { flows }] = [await measureTraffic(path), await listFlows(path)];
  const asked = flows.filter(({ protocol }) => protocol === 'TCP' || protocol === 'UDP');
  expect(asked.length).toBeGreaterThan(0);
  for (const { protocol, client, server } of asked) {
    expect(ends).toContain(`${protocol.toLowerCase()} ${addressOf(client)}`);
    expect(ends).toContain(`${protocol.toLowerCase()} ${server}`);
  }
});

test('times of DNS are those of the counts', async () => {
  const [{ dns }, stats] = [await measureTraffic(DNS), await captureStats(DNS)];
  expect(dns.seconds.length).toBeGreaterThan(0);
  expect(dns.seconds.length).toBe(stats.dns.answered);
  expect(dns.seconds.at(-1)).toBe(stats.dns.slowest);
  expect(dns.queries).toBe(stats.dns.queries);
});

test('of one conversation, also inside tunnels', async () => {
  const NIC = 'test/pcaps/case-1/node1__enp26s0f0.pcap';
  const selection = { conversation: '10.233.66.0,10.233.65.46' };
  const [one, all] = [await measureTraffic(NIC, { selection }), await measureTraffic(NIC)];
  expect(one.packets).toBeGreaterThan(0);
  expect(one.packets).toBeLessThan(all.packets);
  expect(one.tcp.failed).toBeGreaterThan(0);
});

describe('a conversation counts once', () => {
  test('in a capture that has every packet twice', async () => {
    const set = await readSet('test/pcaps/healthy-dns', ['node1__eth0.pcap']);
    const [once, twice] = [
      await measureTraffic(oneFile('a.pcap', set)),
      await measureTraffic(oneFile('a.pcap', set, set)),
    ];
    expect(once.tcp.dataSegments).toBeGreaterThan(0);
    expect(twice.tcp).toEqual(once.tcp);
    expect(twice.dns).toEqual(once.dns);
  });

  test('at several interfaces of one file', async () => {
    const set = await readSet('test/pcaps/healthy-dns');
    const [node1] = fileOfEachHost(set);
    const all = await measureTraffic(node1);
    const nic = await measureTraffic('test/pcaps/healthy-dns/node1__eth0.pcap');
    expect(all.packets).toBeGreaterThan(nic.packets);
    expect(all.dns.queries).toBe(nic.dns.queries);
    expect(all.tcp.connections).toBe(nic.tcp.connections);
    expect([all.tcp.sentAgain, all.tcp.failed, all.dns.unanswered]).toEqual([0, 0, 0]);
  });

  test('at a bridge that shows queries before their translation, and answers too', async () => {
    const { dns } = await measureTraffic('test/pcaps/healthy-dns/node1__cni0.pcap');
    expect(dns).toMatchObject({ queries: 48, unanswered: 0 });
    expect(dns.seconds).toHaveLength(48);
  });
});

/** Seconds after the first packet, as text: so long after the first connection begins. */
async function firstSynPlus(seconds: number, path: string): Promise<string> {
  const { flows } = await listFlows(path);
  const first = flows.find(({ protocol }) => protocol === 'TCP')?.first ?? Number.NaN;
  return String(first + seconds);
}

describe('failures are seen', () => {
  test('queries that nobody answers', async () => {
    const folder = 'test/recorded-twice/dns-server-silent/first';
    const [veth] = readdirSync(folder).filter((name) => name.startsWith('node1__veth'));
    const { dns } = await measureTraffic(join(folder, veth));
    expect(dns.unanswered).toBeGreaterThan(0);
  });

  test('SYNs that ICMP rejects, also at the end of a capture', async () => {
    const rejected = 'test/pcaps/ipv6-no-route/client__eth0.pcap';
    const { tcp } = await measureTraffic(rejected, {
      selection: { between: ['0', await firstSynPlus(0.5, rejected)] },
    });
    expect(tcp).toMatchObject({ connections: 1, failed: 1, untold: 0 });
  });

  test('SYNs that nobody answers; at the end of a capture nothing is told of them', async () => {
    const folder = 'test/recorded-twice/port-firewall-drop/first';
    const path = join(folder, readdirSync(folder).filter((name) => name.includes('__veth'))[0]);
    const { tcp } = await measureTraffic(path);
    expect(tcp.failed).toBeGreaterThan(0);
    const { tcp: cut } = await measureTraffic(path, { selection: { between: ['0', await firstSynPlus(0.5, path)] } });
    expect(cut.failed).toBe(0);
    expect(cut.untold).toBeGreaterThan(0);
  });
});

/** Path MTU discovery works there, by sending again what was too large. */
const RESENT = /healthy-pmtud-works/;
const healthy = hasShared ? capturesUnder('lab/public').filter((path) => /\/healthy-/.test(path)) : [];

test.skipIf(!hasShared)('nothing fails in healthy captures', { timeout: 120_000 }, async () => {
  expect(healthy.length).toBeGreaterThan(50);
  const wrong: string[] = [];
  for (const path of healthy) {
    const { dns, tcp } = await measureTraffic(path);
    const isAgain = tcp.sentAgain >= 0.01 * tcp.dataSegments && tcp.dataSegments > 0 && !RESENT.test(path);
    if (dns.unanswered > 0 || dns.seconds.length < dns.queries || tcp.failed > 0 || tcp.untold > 0 || isAgain)
      wrong.push(path.slice(SHARED.length));
  }
  expect(wrong).toEqual([]);
});
