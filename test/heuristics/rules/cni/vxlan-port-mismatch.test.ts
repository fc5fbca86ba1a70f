import { vxlanPortMismatch } from '../../../../src/heuristics/rules/cni/vxlan-port-mismatch.ts';
import { evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, node } from '../../../support/tunnel-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const forward = between(0, 1, 2, { destinationPort: 8472 });
const backward = between(1, 2, 1, { destinationPort: 4789 });
const refused = icmpError(0.1, {
  from: node(2),
  to: node(1),
  quoted: quoted({ source: `${node(1)}:50000`, destination: `${node(2)}:8472`, tunnel: 'vxlan' }),
});

ruleTable(vxlanPortMismatch, {
  fires: {
    'different ports, nothing answered': {
      evidence: evidence({ tunnels: [forward, backward], connections: [attempt(0, null)] }),
      finds: [{ portsOfA: [8472], portsOfB: [4789], refused: 0 }],
      says: [/UDP port 8472, 192\.168\.0\.2 to 4789/],
    },
    'the kernel refuses': {
      evidence: evidence({ tunnels: [forward, backward], connections: [attempt(0, null)], icmpErrors: [refused] }),
      finds: [{ refused: 1 }],
    },
    'one node alone sends, and the other says that nothing listens': {
      evidence: evidence({
        tunnels: [forward],
        connections: [attempt(0, null)],
        icmpErrors: [refused, { ...refused, packet: 9, time: 1.1 }],
      }),
      finds: [{ portsOfA: [8472], portsOfB: [], refused: 2 }],
      says: [/sends VXLAN to UDP port 8472 of 192\.168\.0\.2, where nothing listens/],
    },
    'at the second of two points': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      tunnels: [
        { ...forward, point: 1 },
        { ...backward, point: 1 },
      ],
      connections: [attempt(0, null, { point: 1 })],
    }),
  },
  quiet: {
    'one node alone sends, one refusal': evidence({
      tunnels: [forward],
      connections: [attempt(0, null)],
      icmpErrors: [refused],
    }),
    'two overlays side by side, answered': evidence({ tunnels: [forward, backward], connections: [attempt(0, 1)] }),
    'the same port both ways': evidence({
      tunnels: [forward, { ...backward, destinationPort: 8472 }],
      connections: [attempt(0, null)],
    }),
    'IPIP has no ports': evidence({
      tunnels: [
        { ...forward, kind: 'ipip', destinationPort: 0 },
        { ...backward, kind: 'ipip', destinationPort: 0 },
      ],
      connections: [attempt(0, null)],
    }),
  },
});

/** One node alone sends; of two refusals the second is otherwise. */
const second = (some: object = {}, packet: object = {}) =>
  evidence({
    points: [point({ name: 'a' }), point({ name: 'b' })],
    tunnels: [forward],
    connections: [attempt(0, null)],
    icmpErrors: [
      refused,
      {
        ...refused,
        packet: 9,
        time: 1.1,
        quoted: quoted({ source: `${node(1)}:50000`, destination: `${node(2)}:8472`, tunnel: 'vxlan', ...packet }),
        ...some,
      },
    ],
  });
/** Both send, to these ports. */
const ports = (there: readonly number[], back: readonly number[], answered = false) => {
  const tunnels = [
    ...there.map((destinationPort, at) => between(at, 1, 2, { destinationPort })),
    ...back.map((destinationPort, at) => between(there.length + at, 2, 1, { destinationPort })),
  ];
  return evidence({ tunnels, connections: [attempt(0, answered ? there.length : null)] });
};

verdicts(vxlanPortMismatch, {
  'two refusals': [second(), 'error', { refused: 2, portsOfA: [8472], portsOfB: [], packetsTotal: 3 }],
  'the second at another point': [second({ point: 1 }), 'nothing'],
  'the second with another code': [second({ code: 1 }), 'nothing'],
  'the second with another type': [second({ type: 11 }), 'nothing'],
  'the second with type and code of IPv6 in IPv4': [second({ type: 1, code: 4 }), 'nothing'],
  'the second with type and code of IPv6': [second({ version: 6, type: 1, code: 4 }), 'error'],
  'the second with another code of IPv6': [second({ version: 6, type: 1, code: 3 }), 'nothing'],
  'the second quotes nothing': [second({ quoted: null }), 'nothing'],
  'the second is of another machine': [second({ from: node(3) }), 'nothing'],
  'the second is about another protocol': [second({}, { protocol: 6 }), 'nothing'],
  'the second is about another port': [second({}, { destination: `${node(2)}:4789` }), 'nothing'],
  'two ports': [ports([8472], [4789]), 'error', { portsOfA: [8472], portsOfB: [4789], refused: 0 }],
  'one port': [ports([8472], [8472]), 'nothing'],
  'several ports, told in order': [
    ports([8472, 600], [4789, 700]),
    'error',
    { portsOfA: [600, 8472], portsOfB: [700, 4789] },
  ],
  'several ports, of which one is common': [ports([8472, 600], [4789, 8472]), 'nothing'],
  'two ports, and an answer': [ports([8472], [4789], true), 'nothing'],
});
