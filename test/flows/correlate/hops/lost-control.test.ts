import { describe, expect, test } from 'vitest';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { type Hop, NOTHING_KNOWN, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { plainPoint, type SimulatedFlow, simulate, transfer, type WirePacket } from '../trace-simulator.ts';

const WEB: SimulatedFlow = { protocol: 'tcp', client: '10.244.1.5:40000', server: '10.96.0.10:80' };
const SYN = 2;
const FIN = 1;

/** The packet of a client that carries `flag` is lost between two points, and perhaps sent again half a second later. */
function hopWithout(flag: number, again: boolean): Hop {
  const others = transfer({ flow: 0, seed: 7, start: 1, segments: 40, burst: 4, seconds: 10 });
  const packets = transfer({ flow: 1, seed: 8, start: 2, segments: 40, burst: 4, seconds: 5 });
  const ofClient = packets.filter(({ direction }) => direction === TO_SERVER);
  const one = flag === SYN ? ofClient[0] : ofClient[ofClient.length - 1];
  if (flag === FIN) Object.assign(one, { flags: one.flags | FIN, length: 0 });
  const lost: WirePacket = { ...one, time: one.time - 0.5, ipId: one.ipId ^ 0x4000, lostAfter: 0 };
  if (again) packets.push(lost);
  else one.lostAfter = 0;
  const all = [...others, ...packets].sort((x, y) => x.time - y.time);
  const flows = [WEB, { ...WEB, client: '10.244.1.6:40001' }];
  const evidence = correlate(simulate(flows, all, [plainPoint('a.pcap'), plainPoint('b.pcap')]), {
    known: NOTHING_KNOWN,
  });
  const conversation = evidence.conversations.find(({ client }) => client.address === '10.244.1.6')!;
  return conversation.hops.find(({ direction }) => direction === TO_SERVER)!;
}

describe('SYNs and FINs that are lost between two points', () => {
  test('a FIN that its sender repeated counts', () => {
    expect(hopWithout(FIN, true)).toMatchObject({ lost: 1, lostData: 0, lostControl: 1 });
  });

  test('a SYN that its sender repeated counts', () => {
    expect(hopWithout(SYN, true)).toMatchObject({ lost: 1, lostData: 0, lostControl: 1 });
  });

  test('a FIN that nobody repeated may only have been missed by the capture', () => {
    expect(hopWithout(FIN, false).lostControl).toBe(0);
  });
});
