import type { PacketLoop } from '../../../../src/flows/evidence/evidence.ts';
import { duplicateCopies } from '../../../../src/heuristics/rules/capture/duplicate-copies.ts';
import { evidence, point, ref, ruleTable } from '../../../support/evidence.ts';

const packetLoop = (ttls: number[]): PacketLoop => ({
  rises: 0,
  point: 0,
  source: '10.244.1.5',
  destination: '10.244.2.7',
  protocol: 1,
  ipId: 1,
  ttls,
  packets: ttls.map((_, index) => ref(index / 1000)),
});

ruleTable(duplicateCopies, {
  fires: {
    'every second packet is a copy': {
      evidence: evidence({ points: [point({ quality: { packets: 100, copies: 50 } })] }),
      finds: [{ measured: { copies: 50 } }],
    },
    'one packet came by 57 times: a loop of switches may hand it round': {
      evidence: evidence({ points: [point({ quality: { packets: 100, copies: 56, mostTimes: 57 } })] }),
      finds: [{ measured: { copies: 56, timesSeen: 57 } }],
      says: [/one of them 57 times/, /spanning tree/],
    },
    'on any, where a packet to a group passes each interface': {
      evidence: evidence({ points: [point({ role: 'any', quality: { packets: 100, copies: 56, mostTimes: 57 } })] }),
      finds: [{ measured: { copies: 56 } }],
      says: [/Nothing to repair/],
    },
    'copies beside a routing loop: only they are counted': {
      evidence: evidence({
        points: [point({ quality: { packets: 100, copies: 50, mostTimes: 2 } })],
        loops: [packetLoop([64, 62, 60, 58])],
      }),
      finds: [{ measured: { copies: 47 } }],
    },
  },
  quiet: {
    'packets in a routing loop, and no other copies': evidence({
      points: [point({ quality: { packets: 30, copies: 3, mostTimes: 1 } })],
      loops: [packetLoop([64, 62, 60, 58])],
    }),
    'one copy in a thousand': evidence({ points: [point({ quality: { packets: 1000, copies: 1 } })] }),
    'real retransmissions are no copies': evidence({ points: [point({ quality: { packets: 100, copies: 0 } })] }),
  },
});
