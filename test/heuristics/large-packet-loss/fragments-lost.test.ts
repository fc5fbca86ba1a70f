import { fragmentsLost } from '../../../src/heuristics/large-packet-loss/fragments-lost.ts';
import { datagram, evidence, fragmented, heuristicTable, point, ref } from '../../support/evidence.ts';

const pieces = (count: number, some: Parameters<typeof fragmented>[0] = {}, from = 1) =>
  Array.from({ length: count }, (_, at) => fragmented({ ipId: from + at, first: ref(at), ...some }));
const carrier = datagram({ sent: [0, 1, 2] });

heuristicTable(fragmentsLost, {
  fires: {
    'the capture ends shortly after the last datagram': {
      evidence: evidence({ points: [point({ quality: { lastTime: 3.6 } })], fragments: pieces(3) }),
      finds: [{ incomplete: 3 }],
    },
    'the first fragments arrive, the others do not': {
      evidence: evidence({ fragments: pieces(3), datagrams: [carrier] }),
      finds: [{ incomplete: 3, complete: 0, missing: 'rest', conversations: [0], grade: 'inferred' }],
      says: [/the first fragment arrives, later ones do not/],
    },
    'the first fragments are missing': {
      evidence: evidence({ fragments: pieces(3, { hasFirst: false }) }),
      finds: [{ missing: 'first' }],
    },
    'many senders to one receiver are one finding': {
      evidence: evidence({
        fragments: [1, 2, 3, 4].flatMap((host) => pieces(3, { source: `10.3.0.${host}` }, host * 10)),
      }),
      finds: [{ incomplete: 12, others: 3, subject: { client: '4 senders' } }],
      says: [/from 10\.3\.0\.1 and 3 others to/],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        fragments: [...pieces(3, { complete: true, packets: 2 }), ...pieces(3, { point: 1 })],
      }),
      finds: [{ place: 'before b' }],
    },
  },
  quiet: {
    'two datagrams': evidence({ fragments: pieces(2) }),
    'within half a second of the end the rest may still come': evidence({
      points: [point({ quality: { lastTime: 2.4 } })],
      fragments: pieces(3),
    }),
    'the capture ended in the middle': evidence({
      points: [point({ quality: { lastTime: 1.5 } })],
      fragments: pieces(3),
    }),
    'overlapping pieces that are whole in the end': evidence({
      fragments: pieces(3, { complete: true, packets: 4, seenOctets: 2000 }),
    }),
    'loss by chance takes any piece': evidence({
      fragments: [...pieces(3), ...pieces(2, { hasFirst: false }, 10)],
    }),
    'as many are whole': evidence({ fragments: [...pieces(3), ...pieces(3, { complete: true, packets: 2 }, 10)] }),
  },
  notes: {
    'a filter for one port hides the later ones': evidence({
      points: [point({ quality: { arpPackets: 0 } })],
      fragments: pieces(3),
      datagrams: [carrier],
    }),
  },
});
