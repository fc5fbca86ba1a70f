import { expect, test } from 'vitest';
import { captureStats } from '../../src/inspect/capture-stats.ts';
import { listFlows } from '../../src/inspect/list-flows.ts';
import { measureTraffic } from '../../src/inspect/measure-traffic.ts';

const DNS = 'test/recorded-twice/dns-slow-server/first/node1__veth30cd338c.pcap';
const PMTUD = 'test/pcaps/healthy-pmtud/client__eth0.pcap';

test('agrees with the lists of flows and of counts', async () => {
  const [measures, { flows }, stats] = [await measureTraffic(PMTUD), await listFlows(PMTUD), await captureStats(PMTUD)];
  expect(measures.packets).toBe(stats.all.packets);
  expect(measures.tcp.connections).toBe(flows.filter(({ history }) => history.startsWith('S')).length);
  expect(measures.tcp.sentAgain).toBe(stats.tcp.sentAgain);
  expect(measures.tcp.roundTrips).toEqual(
    flows
      .flatMap(({ protocol, roundTrip }) => (protocol === 'TCP' && roundTrip !== null ? [roundTrip] : []))
      .sort((a, b) => a - b),
  );
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
