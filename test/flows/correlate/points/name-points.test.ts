import { expect, test } from 'vitest';
import { joinDigests } from '../../../../src/flows/correlate/points/join-digests.ts';
import { namePoints } from '../../../../src/flows/correlate/points/name-points.ts';
import { digestCapture } from '../../../../src/flows/digest/digest-capture.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import { pcapFile } from '../../../support/capture-bytes.ts';
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
