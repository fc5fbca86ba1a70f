import { protocolRejected } from '../../../../src/heuristics/rules/port-unreachable/protocol-rejected.ts';
import {
  connection,
  datagram,
  evidence,
  icmpError,
  quoted,
  ref,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const NEAR = '192.168.0.1';
const FAR = '192.168.0.2';
const says = (time: number, protocol = 4, some: Parameters<typeof icmpError>[1] = {}) =>
  icmpError(time, {
    code: 2,
    from: FAR,
    to: NEAR,
    quoted: quoted({ protocol, source: `${NEAR}:0`, destination: `${FAR}:0` }),
    ...some,
  });
const ipip = tunnel({ index: 0, kind: 'ipip', source: NEAR, destination: FAR });
const carried = connection({ syn: [0, 1], toServer: { tunnels: [0] } });

ruleTable(protocolRejected, {
  fires: {
    'an IPIP tunnel that does not exist on the other end': {
      evidence: evidence({ tunnels: [ipip], connections: [carried], icmpErrors: [0.1, 1, 2.1].map((at) => says(at)) }),
      finds: [{ level: 'error', protocol: 4, errors: 3, conversations: [0], from: FAR }],
      says: [/192\.168\.0\.2 answers 192\.168\.0\.1 that it does not take IPIP \(3 times in 2\.0 s\)/],
    },
    'ESP, which is no tunnel that is read': {
      evidence: evidence({
        datagrams: [datagram({ protocol: 50, client: `${NEAR}:0`, server: `${FAR}:0`, sent: [0, 1, 2] })],
        icmpErrors: [0.1, 1, 2.1].map((at) => says(at, 50)),
      }),
      finds: [{ protocol: 50, conversations: [0] }],
      says: [/does not take ESP \(IPsec\)/],
    },
    'another peer of the same protocol works': {
      evidence: evidence({
        datagrams: [
          datagram({ protocol: 50, client: `${NEAR}:0`, server: `${FAR}:0`, sent: [0, 1, 2] }),
          datagram({ protocol: 50, client: '192.168.0.3:0', server: `${NEAR}:0`, sent: [0, 1], back: [0.001, 1.001] }),
        ],
        icmpErrors: [0.1, 1, 2.1].map((at) => says(at, 50)),
      }),
      finds: [{ protocol: 50, conversations: [0] }],
    },
    'IPv6: unrecognized next header': evidence({
      datagrams: [datagram({ protocol: 47, client: '[fd00::1]:0', server: '[fd00::2]:0', sent: [0, 1, 2] })],
      icmpErrors: [0.1, 1, 2.1].map((at) =>
        says(at, 47, {
          version: 6,
          type: 4,
          code: 1,
          from: 'fd00::2',
          to: 'fd00::1',
          quoted: quoted({ ipVersion: 6, protocol: 47, source: '[fd00::1]:0', destination: '[fd00::2]:0' }),
        }),
      ),
    }),
    'a relay that takes some of the packets': {
      evidence: evidence({
        tunnels: [ipip, tunnel({ index: 1, kind: 'ipip', source: FAR, destination: NEAR })],
        connections: [carried],
        icmpErrors: [0.1, 1, 2.1].map((at) => says(at)),
      }),
      finds: [{ isPart: true }],
      says: [/does not take some of its IPIP/, /It sends such packets itself/],
    },
    'a machine on the way says it': {
      evidence: evidence({
        tunnels: [ipip],
        connections: [carried],
        icmpErrors: [0.1, 1, 2.1].map((at) => says(at, 4, { from: '192.168.0.254' })),
      }),
      finds: [{ from: '192.168.0.254' }],
      says: [/a machine on the way says so/],
    },
  },
  quiet: {
    'port unreachable': evidence({
      tunnels: [ipip],
      connections: [carried],
      icmpErrors: [0.1, 1, 2.1].map((at) => says(at, 17, { code: 3 })),
    }),
    'two of them': evidence({ tunnels: [ipip], connections: [carried], icmpErrors: [0.1, 2].map((at) => says(at)) }),
    'three in a moment, while the tunnel is set up': evidence({
      tunnels: [ipip],
      connections: [carried],
      icmpErrors: [0.1, 0.2, 0.3].map((at) => says(at)),
    }),
    'three about three protocols': evidence({
      tunnels: [ipip],
      connections: [carried],
      icmpErrors: [says(0.1, 4), says(1, 41), says(2.1, 47)],
    }),
  },
  notes: {
    'the other end sends IPIP back from then on': evidence({
      tunnels: [ipip, tunnel({ index: 1, kind: 'ipip', source: FAR, destination: NEAR, first: ref(2.5) })],
      connections: [carried],
      icmpErrors: [0.1, 1, 2.1].map((at) => says(at)),
    }),
    'backscatter: the sender is not heard': evidence({ icmpErrors: [0.1, 1, 2.1].map((at) => says(at)) }),
  },
});

const THIRD = '192.168.0.3';
/** Three errors about IPIP, of which the third is otherwise. */
const third = (some: Parameters<typeof icmpError>[1] = {}, more: object = {}) =>
  evidence({ tunnels: [ipip], connections: [carried], icmpErrors: [says(0.1), says(1), says(2.1, 4, some)], ...more });
const at = (...times: number[]) =>
  evidence({ tunnels: [ipip], connections: [carried], icmpErrors: times.map((time) => says(time)) });
const quote = (source: string, destination: string, protocol = 4) => ({
  quoted: quoted({ protocol, source, destination }),
});
const out = (some: Parameters<typeof tunnel>[0]) => third({}, { tunnels: [{ ...ipip, ...some }] });
/** The other end sends in a tunnel, too, from this time on. */
const back = (time: number, some: Parameters<typeof tunnel>[0] = {}) =>
  third(
    {},
    { tunnels: [ipip, tunnel({ index: 1, kind: 'ipip', source: FAR, destination: NEAR, first: ref(time), ...some })] },
  );

verdicts(protocolRejected, {
  'three errors': [third(), 'error', { errors: 3, seconds: 2, isPart: false, measured: { protocol: 4, seconds: 2 } }],
  'two errors': [at(0, 2), 'nothing'],
  'three errors in a second': [at(0, 0.5, 1), 'error', { seconds: 1 }],
  'three errors in less than a second': [at(0, 0.5, 0.999), 'nothing'],
  'the third has another code': [third({ code: 3 }), 'nothing'],
  'the third has another type': [third({ type: 4 }), 'nothing'],
  'the third has type and code of IPv6': [third({ type: 4, code: 1 }), 'nothing'],
  'the third quotes nothing': [third({ quoted: null }), 'nothing'],
  'the third is of another machine': [third({ from: THIRD }), 'nothing'],
  'the third is about another sender': [third(quote(THIRD, FAR)), 'nothing'],
  'the third is about another receiver': [third(quote(NEAR, THIRD)), 'nothing'],
  'the third is about another protocol': [third(quote(NEAR, FAR, 47)), 'nothing'],
  'the tunnel is not in the capture': [third({}, { tunnels: [] }), 'note', { conversations: [] }],
  'the tunnel is of another kind': [out({ kind: 'gre' }), 'note'],
  'the tunnel of another sender': [out({ source: THIRD }), 'note'],
  'the tunnel to another receiver': [out({ destination: THIRD }), 'note'],
  'the other end sends from then on': [back(3), 'note', { isPart: false }],
  'the other end sends from the last error on': [back(2.1), 'note'],
  'the other end sends before the last error': [back(2), 'warning', { isPart: true }],
  'the other end sends to another': [back(2, { destination: THIRD }), 'error'],
  'another sends to this end': [back(2, { source: THIRD }), 'error'],
  'the other end sends in another tunnel': [back(2, { kind: 'gre' }), 'error'],
});
