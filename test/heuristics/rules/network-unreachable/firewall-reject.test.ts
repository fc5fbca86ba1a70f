import { firewallReject } from '../../../../src/heuristics/rules/network-unreachable/firewall-reject.ts';
import { connection, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';

const attempt = (server: string, at = 0, client = '10.1.0.5:4000') =>
  connection({ client, server, syn: [0, 1], point: at });
const says = (server: string, some: Parameters<typeof icmpError>[1] = {}) =>
  icmpError(0.01, {
    code: 13,
    from: '10.1.0.1',
    to: '10.1.0.5',
    quoted: quoted({ protocol: 6, source: '10.1.0.5:4000', destination: server }),
    ...some,
  });

ruleTable(firewallReject, {
  fires: {
    'communication prohibited': {
      evidence: evidence({ connections: [attempt('10.2.0.9:80')], icmpErrors: [says('10.2.0.9:80')] }),
      finds: [{ from: '10.1.0.1', destination: '10.2.0.9', conversations: [0], grade: 'confirmed' }],
      says: [/10\.1\.0\.1 rejects the packets of 10\.1\.0\.5 to 10\.2\.0\.9 as/],
    },
    'the network is prohibited': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 9 })],
    }),
    'the host is prohibited': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 10 })],
    }),
    'IPv6: prohibited': evidence({
      connections: [attempt('[fd00::9]:80', 0, '[fd00::5]:4000')],
      icmpErrors: [
        says('[fd00::9]:80', {
          version: 6,
          type: 1,
          code: 1,
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
      says: [/to 10\.2\.0\.1 and 3 others/],
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
    'port unreachable has its own rule': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 3 })],
    }),
    'no route has its own rule': evidence({
      connections: [attempt('10.2.0.9:80')],
      icmpErrors: [says('10.2.0.9:80', { code: 1 })],
    }),
  },
  notes: {
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
