import { noRoute } from '../../../../src/heuristics/rules/network-unreachable/no-route.ts';
import {
  connection,
  echo,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const attempt = (server: string, at = 0, client = '10.1.0.5:4000') =>
  connection({ client, server, syn: [0, 1], point: at });
const says = (server: string, some: Parameters<typeof icmpError>[1] = {}) =>
  icmpError(0.01, {
    code: 1,
    from: '10.1.0.1',
    to: '10.1.0.5',
    quoted: quoted({ protocol: 6, source: '10.1.0.5:4000', destination: server }),
    ...some,
  });

/** The ping of a DHCP server, and the error about it. */
const pinged = {
  echoes: [echo({ source: '10.1.0.5', destination: '10.2.0.9', request: 0, reply: null })],
  icmpErrors: [
    says('10.2.0.9:0', { quoted: quoted({ protocol: 1, source: '10.1.0.5:0', destination: '10.2.0.9:0' }) }),
  ],
};

ruleTable(noRoute, {
  fires: {
    'host unreachable': {
      evidence: evidence({ connections: [attempt('10.2.0.9:80')], icmpErrors: [says('10.2.0.9:80')] }),
      finds: [{ from: '10.1.0.1', destination: '10.2.0.9', conversations: [0], grade: 'confirmed' }],
      says: [/10\.1\.0\.1 says \\"host unreachable\\" to 10\.1\.0\.5 about 10\.2\.0\.9/],
    },
    'behind the translation: another address answers by turns': {
      evidence: evidence({
        connections: [
          attempt('10.2.0.9:80'),
          ...[0, 2].map((time) =>
            connection(
              { client: `10.1.0.5:${4001 + time}`, server: '10.2.0.8:80', syn: [time] },
              { established: true },
            ),
          ),
          connection({ client: '10.1.0.5:4009', server: '10.2.0.9:80', syn: [4, 5] }),
        ],
        icmpErrors: [says('10.2.0.9:80')],
      }),
      finds: [{ destination: '10.2.0.9', inTurn: { other: '10.2.0.8', answered: 2, failed: 2 } }],
      says: [/a service still sends to 10\.2\.0\.9, the address of a pod that is gone/],
    },
    'IPv6: no route': evidence({
      connections: [attempt('[fd00::9]:80', 0, '[fd00::5]:4000')],
      icmpErrors: [
        says('[fd00::9]:80', {
          version: 6,
          type: 1,
          code: 0,
          from: 'fd00::1',
          to: 'fd00::5',
          quoted: quoted({ ipVersion: 6, protocol: 6, source: '[fd00::5]:4000', destination: '[fd00::9]:80' }),
        }),
      ],
    }),
    'one router about four destinations is one finding': {
      evidence: evidence({
        connections: [1, 2, 3, 4].map((at) => attempt(`10.2.0.${at}:80`)),
        icmpErrors: [1, 2, 3, 4].map((at) => says(`10.2.0.${at}:80`)),
      }),
      finds: [{ others: 3, conversations: [0, 1, 2, 3] }],
      says: [/about 10\.2\.0\.1 and 3 others/],
    },
    'errors are rate limited: an attempt that hears none belongs to it, whatever its port': {
      evidence: evidence({
        connections: [
          attempt('10.2.0.9:80'),
          connection({ client: '10.1.0.5:4001', server: '10.2.0.9:443', syn: [1, 2] }),
          connection({ client: '10.1.0.5:4002', server: '10.2.0.8:443', syn: [1, 2] }),
        ],
        icmpErrors: [says('10.2.0.9:80')],
      }),
      finds: [{ conversations: [0, 1] }],
    },
    'a ping to an address that is leased an hour later': {
      evidence: evidence({
        ...pinged,
        leases: [
          { packet: 3, time: 3600, point: 0, mac: '02:00:00:00:00:07', address: '10.2.0.9', server: '10.1.0.5' },
        ],
      }),
      finds: [{ destination: '10.2.0.9' }],
    },
    'a ping of another machine than the DHCP server': {
      evidence: evidence({
        ...pinged,
        leases: [{ packet: 3, time: 1, point: 0, mac: '02:00:00:00:00:07', address: '10.2.0.9', server: '10.1.0.6' }],
      }),
      finds: [{ destination: '10.2.0.9' }],
    },
    'two points see the same error': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        connections: [attempt('10.2.0.9:80'), attempt('10.2.0.9:80', 1)],
        icmpErrors: [says('10.2.0.9:80'), says('10.2.0.9:80', { point: 1 })],
      }),
      finds: [{ errors: 1, conversations: [0, 1] }],
    },
  },
  quiet: {
    'a DHCP server pings an address before it leases it': evidence({
      ...pinged,
      leases: [{ packet: 3, time: 1, point: 0, mac: '02:00:00:00:00:07', address: '10.2.0.9', server: '10.1.0.5' }],
    }),
    'port unreachable has its own rule': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 3 })],
    }),
    'prohibited has its own rule': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 13 })],
    }),
  },
  notes: {
    'the destination does answer': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80')],
      hosts: [hostActivity('10.2.0.9')],
    }),
    'ten machines say it to one client': {
      evidence: evidence({
        connections: Array.from({ length: 10 }, (_, at) => attempt(`10.2.${at}.9:80`)),
        icmpErrors: Array.from({ length: 10 }, (_, at) => says(`10.2.${at}.9:80`, { from: `10.2.${at}.1` })),
      }),
      finds: [{ others: 9 }],
    },
    'about packets that are not in the capture': evidence({ icmpErrors: [says('10.2.0.9:80')] }),
  },
});

const CLIENT = '10.1.0.5';
const about = (server: string, some: Parameters<typeof icmpError>[1] = {}, more: object = {}) =>
  evidence({ connections: [attempt(`${server}:80`)], icmpErrors: [says(`${server}:80`, some)], ...more });
const heard = (some: Parameters<typeof hostActivity>[1], address = '10.2.0.9') =>
  about('10.2.0.9', {}, { hosts: [hostActivity(address, some)] });
/** RFC 792, RFC 1812, 5.2.7.1; RFC 4443, 3.1. */
const codes = (version: 4 | 6, type: number, fires: readonly number[]) =>
  Object.fromEntries(
    Array.from({ length: 16 }, (_, code) => [
      `IPv${version}: type ${type}, code ${code}`,
      [about('10.2.0.9', { version, type, code }), fires.includes(code) ? 'error' : 'nothing'] as const,
    ]),
  );
const carries = (inner: readonly string[], ends: Parameters<typeof tunnel>[0] = {}) =>
  about(
    '10.2.0.9',
    {},
    {
      tunnels: [tunnel({ index: 0, innerSources: inner.map((value) => ({ value, count: 1 })), ...ends })],
    },
  );
const OF_TARGET = { overlay: ['tunnels carry packets of the range of 10.2.0.9'] };
const OF_CLIENT = { overlay: [`other packets of ${CLIENT} travel in a tunnel`] };
const NO_SIGN = { overlay: [] };
/** A pod asks another address of the network of the pods, and a router outside it says so. */
const ofPod = ({
  role = 'pod-veth' as const,
  sent = 9,
  address = CLIENT,
  server = '10.1.9.9',
  from = '192.168.0.1',
}: {
  role?: 'pod-veth' | 'bridge' | 'node-nic';
  sent?: number;
  address?: string;
  server?: string;
  from?: string;
} = {}) => about(server, { from }, { points: [point({ role })], hosts: [hostActivity(address, { sent })] });
const OF_PODS = { overlay: [`10.1.9.9 lies in the network of the pods, as ${CLIENT} does, and 192.168.0.1 does not`] };

verdicts(noRoute, {
  ...codes(4, 3, [0, 1, 5, 6, 7, 11, 12]),
  ...codes(6, 1, [0, 2, 3]),
  'time exceeded': [about('10.2.0.9', { type: 11 }), 'nothing'],
  'another type of IPv6': [about('10.2.0.9', { version: 6, type: 3 }), 'nothing'],
  'the target is heard': [heard({}), 'note', { inTurn: null }],
  'the target is heard of outside the tunnels only': [heard({ outer: true }), 'error'],
  'the target gets packets only': [heard({ sent: 0 }), 'error'],
  'another address is heard': [heard({}, '10.2.0.8'), 'error'],
  'the target itself says so': [
    about('10.2.0.9', { from: '10.2.0.9' }, { hosts: [hostActivity('10.2.0.9')] }),
    'error',
  ],
  'no tunnel': [about('10.2.0.9'), 'error', NO_SIGN],
  'a tunnel from the range of the target': [carries(['10.2.0.77']), 'error', OF_TARGET],
  'a tunnel to the range of the target': [
    carries([], { innerDestinations: [{ value: '10.2.0.77', count: 1 }] }),
    'error',
    OF_TARGET,
  ],
  'a tunnel of another range': [carries(['10.3.0.77']), 'error', NO_SIGN],
  'a tunnel of the client': [carries([CLIENT]), 'error', OF_CLIENT],
  'a tunnel of both': [carries([CLIENT, '10.2.0.77']), 'error', OF_TARGET],
  'the router begins a tunnel': [carries(['10.2.0.77'], { source: '10.1.0.1' }), 'error', NO_SIGN],
  'the router ends a tunnel': [carries(['10.2.0.77'], { destination: '10.1.0.1' }), 'error', NO_SIGN],
  'a pod': [ofPod(), 'error', OF_PODS],
  'a pod at a bridge': [ofPod({ role: 'bridge' }), 'error', OF_PODS],
  'a client at a NIC': [ofPod({ role: 'node-nic' }), 'error', NO_SIGN],
  'a pod that sends nothing': [ofPod({ sent: 0 }), 'error', NO_SIGN],
  'another pod': [ofPod({ address: '10.1.0.6' }), 'error', NO_SIGN],
  'a pod asks another network': [ofPod({ server: '10.2.0.9' }), 'error', NO_SIGN],
  'a router among the pods': [ofPod({ from: '10.1.0.1' }), 'error', NO_SIGN],
});
