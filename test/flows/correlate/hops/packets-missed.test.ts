import { describe, expect, test } from 'vitest';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { plainPoint, type SimulatedFlow, simulate, transfer } from '../trace-simulator.ts';

const FLOW: SimulatedFlow = { protocol: 'tcp', client: '10.244.1.5:40000', server: '10.96.0.10:80' };

/** A transfer with one segment that is lost between the points and sent again 10 ms later. */
function hopThatMisses(gapOctets: number) {
  const packets = transfer({ flow: 0, seed: 7, start: 1, segments: 80, burst: 2, seconds: 10 });
  const ofClient = packets.filter(({ direction }) => direction === TO_SERVER);
  const one = ofClient[Math.floor(ofClient.length / 2)];
  packets.push({ ...one, time: one.time - 0.01, ipId: one.ipId ^ 0x4000, lostAfter: 0 });
  packets.sort((x, y) => x.time - y.time);
  const digests = simulate([FLOW], packets, [plainPoint('a.pcap'), plainPoint('b.pcap')]);
  Object.assign(digests[1].points[0].quality, { gapOctets, tcpOctets: 1000 });
  const [{ hops }] = correlate(digests, { known: NOTHING_KNOWN }).conversations;
  return hops.find(({ direction }) => direction === TO_SERVER)!;
}

describe('a point that missed octets which were acknowledged', () => {
  test('does not prove a loss when it missed more than a tenth of them', () => {
    expect(hopThatMisses(200).unknown).toEqual({ code: 'packets-missed', octets: 200, of: 1200 });
  });

  test('proves a loss when it missed less', () => {
    expect(hopThatMisses(50)).toMatchObject({ lost: 1, unknown: null });
  });
});
