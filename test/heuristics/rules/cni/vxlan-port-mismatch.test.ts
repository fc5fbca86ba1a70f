import { vxlanPortMismatch } from '../../../../src/heuristics/rules/cni/vxlan-port-mismatch.ts';
import { evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, node } from '../../../support/tunnel-items.ts';

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
