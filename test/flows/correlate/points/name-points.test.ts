import { expect, test } from 'vitest';
import { joinDigests } from '../../../../src/flows/correlate/points/join-digests.ts';
import { namePoints, settleBridges } from '../../../../src/flows/correlate/points/name-points.ts';
import { digestCapture } from '../../../../src/flows/digest/digest-capture.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import { pcapFile } from '../../../support/capture-bytes.ts';
import { evidence, hostActivity, point } from '../../../support/evidence.ts';
import { ipv4, ipv6, udp } from '../../../support/frames.ts';

// https://www.tcpdump.org/linktypes.html
test.each([
  ['LINKTYPE_RAW', 101, ipv4({}, udp({}))],
  ['LINKTYPE_IPV4', 228, ipv4({}, udp({}))],
  ['LINKTYPE_IPV6', 229, ipv6({}, udp({}))],
])('packets of %s have no link layer: a tunnel device', async (_, linkType, packet) => {
  const digest = await digestCapture({ name: 'a.pcap', data: pcapFile([{ frame: packet.build() }], { linkType }) });
  const evidence = joinDigests([digest], NOTHING_KNOWN);
  namePoints(evidence, {});
  expect(evidence.points).toMatchObject([{ role: 'tunnel-device', namedBy: 'traffic' }]);
});

test('a bridge receives packets for its only pod before the veth; where it received none, nothing tells', () => {
  const pod = (at: number, firstReceived: number | null) =>
    hostActivity('10.244.2.7', { point: at, sent: 5, firstSent: 5, firstReceived, ttls: [{ value: 64, count: 5 }] });
  const roleOfFirst = (first: number | null, second: number | null) => {
    const points = [null, 'veth1'].map((interfaceName) => point({ role: 'pod-veth', interfaceName }));
    const all = evidence({ points, hosts: [pod(0, first), pod(1, second)] });
    settleBridges(all);
    return all.points[0].role;
  };
  expect(roleOfFirst(1, 1.00001)).toBe('bridge');
  expect(roleOfFirst(1.00001, 1)).toBe('pod-veth');
  expect(roleOfFirst(null, 0.00001)).toBe('pod-veth');
});
