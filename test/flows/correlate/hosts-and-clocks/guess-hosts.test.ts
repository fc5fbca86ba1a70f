import { expect, test } from 'vitest';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN, TO_CLIENT } from '../../../../src/flows/evidence/evidence.ts';
import { plainPoint, type SimulatedFlow, simulate, transfer } from '../trace-simulator.ts';

const WEB: SimulatedFlow = { protocol: 'tcp', client: '10.244.1.5:40000', server: '10.244.2.7:80' };
/** A pod side and a NIC, so many hops apart; what comes back is seen at the NIC alone. */
function hostsOf(hops: number): (string | null)[] {
  const path = [plainPoint('a.pcap'), plainPoint('b.pcap', { hops, delay: 20e-6, encapsulation: ['vxlan'] })];
  const packets = transfer({ flow: 0, seed: 7, start: 1, segments: 40, burst: 4, seconds: 5 });
  for (const packet of packets) if (packet.direction === TO_CLIENT) packet.lostAfter = 0;
  return correlate(simulate([WEB], packets, path), { known: NOTHING_KNOWN }).points.map(({ host }) => host);
}

test('captures one hop apart may be of one host, two hops apart not, though one way was seen at one of them alone', () => {
  expect(hostsOf(1)).toEqual(['host 1', 'host 1']);
  expect(hostsOf(2)).toEqual([null, null]);
});
