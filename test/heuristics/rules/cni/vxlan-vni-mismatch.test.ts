import { vxlanVniMismatch } from '../../../../src/heuristics/rules/cni/vxlan-vni-mismatch.ts';
import { connection, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, node, pod } from '../../../support/tunnel-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const forward = between(0, 1, 2, { networkId: 1 });
const backward = between(1, 2, 1, { networkId: 7 });
const reverse = attempt(1, null, { client: `${pod(2)}:41000`, server: `${pod(1)}:80` });

ruleTable(vxlanVniMismatch, {
  fires: {
    'each node in its own network, nothing answered': {
      evidence: evidence({ tunnels: [forward, backward], connections: [attempt(0, null), reverse] }),
      finds: [{ a: node(1), b: node(2), vnisOfA: [1], vnisOfB: [7], conversations: [0, 1] }],
      says: [/sends with VNI 1, 192\.168\.0\.2 with VNI 7/],
    },
    'one alone sends; the other has answers in another network': {
      evidence: evidence({
        tunnels: [forward, between(1, 3, 2, { networkId: 7 }), between(2, 2, 3, { networkId: 7 })],
        connections: [attempt(0, null), attempt(1, 2, { client: `${pod(3)}:42000` })],
      }),
      finds: [{ vnisOfA: [1], vnisOfB: [7], conversations: [0], grade: 'inferred' }],
    },
    'the silent one sends in another network to a third, and others have answers in theirs': {
      evidence: evidence({
        tunnels: [
          forward,
          between(1, 1, 3, { networkId: 1 }),
          between(2, 3, 1, { networkId: 1 }),
          between(3, 2, 3, { networkId: 7 }),
        ],
        connections: [
          attempt(0, null),
          attempt(1, 2, { server: `${pod(3)}:80` }),
          attempt(3, null, { client: `${pod(2)}:41000`, server: `${pod(3)}:80` }),
        ],
      }),
      finds: [
        { a: node(1), b: node(2), vnisOfA: [1], vnisOfB: [7], conversations: [0] },
        { a: node(2), b: node(3), vnisOfA: [7], vnisOfB: [1], conversations: [2] },
      ],
    },
    'requests are answered in another network, and no answer gets through': {
      evidence: evidence({
        tunnels: [forward, backward],
        connections: [
          connection({
            client: `${pod(1)}:40000`,
            server: `${pod(2)}:80`,
            syn: [0, 1, 3],
            synAck: [0.1, 1.1, 3.1],
            encapsulation: ['vxlan'],
            toServer: { tunnels: [0] },
            toClient: { tunnels: [1] },
          }),
        ],
      }),
      finds: [{ vnisOfA: [1], vnisOfB: [7], heard: node(1), conversations: [0] }],
      says: [/192\.168\.0\.1 is heard, and does not accept the answers/],
    },
    'seen at the second of two points': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      tunnels: [
        { ...forward, point: 1 },
        { ...backward, point: 1 },
      ],
      connections: [attempt(0, null, { point: 1 })],
    }),
  },
  quiet: {
    'Cilium: answered pairs have an identity for each direction, so another one is no other network': evidence({
      tunnels: [forward, between(1, 3, 2, { networkId: 5 }), between(2, 2, 3, { networkId: 7 })],
      connections: [attempt(0, null), attempt(1, 2, { client: `${pod(3)}:42000` })],
    }),
    'Cilium: what the silent one sends has the identity of its pod': evidence({
      tunnels: [forward, between(1, 2, 3, { networkId: 7 })],
      connections: [attempt(0, null), attempt(1, null, { client: `${pod(2)}:41000`, server: `${pod(3)}:80` })],
    }),
    'Cilium puts identities into the VNI: answered': evidence({
      tunnels: [forward, backward],
      connections: [attempt(0, 1)],
    }),
    'Cilium: more VNIs than networks': evidence({
      tunnels: [
        ...Array.from({ length: 8 }, (_, at) => between(at, 1, 2, { networkId: 100 + at })),
        { ...backward, index: 8 },
      ],
      connections: [attempt(0, null)],
    }),
    'two overlays, each with its own network in both directions': evidence({
      tunnels: [forward, backward, between(2, 2, 1, { networkId: 1 })],
      connections: [attempt(0, null)],
    }),
    'one direction only': evidence({ tunnels: [forward], connections: [attempt(0, null)] }),
    'two packets': evidence({ tunnels: [forward, backward], connections: [attempt(0, null, { syn: [0, 1] })] }),
  },
});

/** Both nodes send in these networks, and nothing is answered. */
const networks = (there: readonly number[], back: readonly number[], syn = [0, 1, 3]) =>
  evidence({
    tunnels: [
      ...there.map((networkId, at) => between(at, 1, 2, { networkId })),
      ...back.map((networkId, at) => between(there.length + at, 2, 1, { networkId })),
    ],
    connections: [attempt(0, null, { syn })],
  });

verdicts(vxlanVniMismatch, {
  'one network each': [networks([1], [7]), 'error', { vnisOfA: [1], vnisOfB: [7], heard: null }],
  'two packets only': [networks([1], [7], [0, 1]), 'nothing'],
  'networks are told in order': [networks([30, 5], [100, 7]), 'error', { vnisOfA: [5, 30], vnisOfB: [7, 100] }],
  'one of several is common': [networks([1, 7], [7]), 'nothing'],
  'eight networks': [networks([1, 2, 3, 4], [11, 12, 13, 14]), 'error'],
  'nine networks: they are identities': [networks([1, 2, 3, 4], [11, 12, 13, 14, 15]), 'nothing'],
});
