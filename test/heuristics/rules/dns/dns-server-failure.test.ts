import { dnsServerFailure } from '../../../../src/heuristics/rules/dns/dns-server-failure.ts';
import { arp, dns, evidence, hostActivity, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const failed = (some: object = {}) => dns({ name: 'bucket.example.com', queries: [0], answered: 4, rcode: 2, ...some });
const upstream = (some: object = {}) =>
  dns({
    client: '10.244.2.9:50000',
    server: '192.168.0.80:53',
    name: 'bucket.example.com',
    queries: [0.01, 2],
    ...some,
  });

/** The node of the server, by the MAC with which it sends. */
const MACHINE = { macs: [{ value: '02:00:00:00:00:07', count: 4 }] };
const sought = (some: object = {}) =>
  arp({
    asker: '192.168.0.2',
    askerMac: '02:00:00:00:00:07',
    target: '192.168.0.80',
    requests: [0.1, 1.1, 2.1],
    ...some,
  });
/** The pod behind the service 10.96.0.10 asks a node, and the node asks it again while it waits. */
const loop = (last: object = {}) => [
  failed({ server: '10.244.2.9:53' }),
  upstream({ queries: [0.01], answered: 3.9, rcode: 2 }),
  dns({
    client: '192.168.0.80:50001',
    server: '10.244.2.9:53',
    name: 'bucket.example.com',
    queries: [0.02],
    answered: 3.8,
    rcode: 2,
    ...last,
  }),
];

/** One in fifty octets was acknowledged and is not in the capture. */
const missing = [point({ quality: { gapOctets: 2, tcpOctets: 98 } })];

ruleTable(dnsServerFailure, {
  fires: {
    'AAAA is refused and A too, though the capture misses packets': {
      evidence: evidence({
        points: missing,
        dns: [
          dns({ name: 'a.example.com', answered: 0.001, rcode: 5 }),
          dns({ id: 2, name: 'a.example.com', type: 28, answered: 0.001, rcode: 5 }),
        ],
      }),
      finds: [{ failures: 2 }],
    },
    'AAAA is refused, nothing else was asked, and the capture is whole': {
      evidence: evidence({ dns: [dns({ type: 28, answered: 0.001, rcode: 5 })] }),
      finds: [{ failures: 1 }],
    },
    'forwarders ask each other in a circle: one finding, for the client outside': {
      evidence: evidence({ dns: loop() }),
      finds: [
        {
          client: '10.244.1.5',
          circle: ['10.244.2.9', '192.168.0.80'],
          conversations: [0, 1, 2],
          place: 'between the DNS servers 10.244.2.9 and 192.168.0.80',
        },
      ],
      says: [/the question goes in a circle, 10\.244\.2\.9 → 192\.168\.0\.80 → 10\.244\.2\.9/],
    },
    'a chain of forwarders is no circle: the second asks a third': {
      evidence: evidence({ dns: loop({ server: '192.168.0.99:53' }) }),
      finds: [{ circle: [] }, { circle: [] }, { circle: [] }],
    },
    'the other server asks the first one too, but later: no circle': {
      evidence: evidence({ dns: loop({ queries: [20], answered: 24 }) }),
      finds: [{ circle: [] }, { circle: [] }, { circle: [] }],
    },
    'SERVFAIL after 4 s': {
      evidence: evidence({ dns: [failed()] }),
      finds: [{ rcode: 'SERVFAIL', failures: 1, upstreams: [] }],
      says: [/it waited 4\.0 s before it gave up/],
    },
    'the upstream is in view': {
      evidence: evidence({ dns: [failed(), upstream()] }),
      finds: [{ upstreams: ['192.168.0.80'], upstreamQueries: 2, conversations: [0, 1] }],
      says: [/because its upstream 192\.168\.0\.80 does not answer/],
    },
    'a query of another client for the same name, before or after, is not of this lookup': {
      evidence: evidence({
        dns: [
          failed({ queries: [100], answered: 104 }),
          upstream({ queries: [10, 12] }),
          upstream({ client: '10.244.2.9:50001', queries: [200, 202] }),
        ],
      }),
      finds: [{ upstreams: [], upstreamQueries: 0 }],
    },
    'a router says that the upstream is unreachable': {
      evidence: evidence({
        dns: [failed(), upstream()],
        icmpErrors: [
          icmpError(3, {
            code: 1,
            quoted: quoted({ protocol: 17, source: '10.244.2.9:50000', destination: '192.168.0.80:53' }),
          }),
        ],
      }),
      finds: [{ upstreams: ['192.168.0.80'] }],
    },
    'its node asks in vain for a neighbour, only then': {
      evidence: evidence({ dns: [failed()], arp: [sought()], hosts: [hostActivity('10.96.0.10', MACHINE)] }),
      finds: [{ upstreams: [], sought: ['192.168.0.80'], conversations: [0, 1] }],
      says: [/meanwhile its node asks in vain who has 192\.168\.0\.80/],
    },
    'another machine asks for a neighbour': {
      evidence: evidence({ dns: [failed()], arp: [sought()], hosts: [hostActivity('10.96.0.10')] }),
      finds: [{ sought: [], conversations: [0] }],
    },
    'its node asks for it at all times': {
      evidence: evidence({
        dns: [failed({ queries: [20], answered: 24 })],
        arp: [sought({ requests: [0, 1, 2] }), sought({ requests: [20.1, 21.1, 22.1] })],
        hosts: [hostActivity('10.96.0.10', MACHINE)],
      }),
      finds: [{ sought: [] }],
    },
    'a name that only begins alike resolves': evidence({
      dns: [failed({ name: 'web.example.com' }), dns({ id: 2, name: 'web.example.community', answered: 0.001 })],
    }),
    'other names resolve: a warning': {
      evidence: evidence({
        dns: [
          failed(),
          dns({ id: 7, name: 'one.example.org', answered: 0.001 }),
          dns({ id: 8, name: 'two.example.org', answered: 0.001 }),
          dns({
            id: 9,
            server: '10.96.0.99:53',
            client: '10.244.1.5:40009',
            name: 'x.example.org',
            answered: 0.01,
            rcode: 2,
          }),
        ],
      }),
      finds: [{ level: 'warning', succeeded: 2 }, { succeeded: 0 }],
    },
    'REFUSED for every type': {
      evidence: evidence({
        dns: [failed({ rcode: 5, answered: 0.001 }), failed({ id: 2, type: 28, rcode: 5, answered: 0.001 })],
      }),
      finds: [{ rcode: 'REFUSED', failures: 2 }],
    },
    'the server says that signatures are missing': {
      evidence: evidence({
        dns: [failed({ answered: 0.001 })].map((one) => ({
          ...one,
          responses: one.responses.map((answer) => ({ ...answer, extendedError: { code: 9, text: 'no DNSKEY' } })),
        })),
      }),
      finds: [{ extendedError: { code: 9 } }],
      says: [/It says why: DNSKEY Missing \(9\) \\"no DNSKEY\\"/, /signatures of the zone/],
    },
    'it worked a minute earlier': evidence({
      dns: [dns({ id: 9, name: 'bucket.example.com', answered: 0.001 }), failed({ queries: [50], answered: 54 })],
    }),
  },
  quiet: {
    'AAAA is refused and A answered': evidence({
      dns: [
        dns({ name: 'a.example.com', answered: 0.001 }),
        dns({ id: 2, name: 'a.example.com', type: 28, answered: 0.001, rcode: 5 }),
      ],
    }),
    'AAAA is refused, and the capture missed the answer for A, or the question too': evidence({
      points: missing,
      dns: [
        dns({ id: 1, name: 'a.example.com' }),
        dns({ id: 2, name: 'a.example.com', type: 28, answered: 0.001, rcode: 5 }),
        dns({ id: 3, name: 'b.example.com', type: 28, answered: 0.001, rcode: 5 }),
      ],
    }),
    'the name with a suffix fails, the bare name resolves': evidence({
      dns: [
        dns({ name: 'a.example.com.corp.test', answered: 0.001, rcode: 2 }),
        dns({ id: 2, name: 'a.example.com', queries: [0.1], answered: 0.101 }),
      ],
    }),
    'the next server answers': evidence({
      dns: [
        failed({ answered: 0.01 }),
        dns({ id: 2, name: 'bucket.example.com', server: '10.96.0.11:53', queries: [0.1], answered: 0.2 }),
      ],
    }),
    'the name does not exist': evidence({ dns: [failed({ rcode: 3 })] }),
    'no answer at all': evidence({ dns: [dns({ queries: [0, 5] })] }),
  },
});

/** A lookup that fails at 14 s, and another one. */
const beside = (some: Parameters<typeof dns>[0]) =>
  evidence({ dns: [failed({ queries: [10], answered: 14 }), upstream({ queries: [11, 13], ...some })] });
const [SEEN, UNSEEN] = [{ upstreams: ['192.168.0.80'] }, { upstreams: [], upstreamQueries: 0 }];
const names = (count: number, rcode = 0) =>
  Array.from({ length: count }, (_, at) =>
    dns({ id: 50 + at, name: `n${at}.test`, queries: [20 + at], answered: 20.01 + at, rcode }),
  );

verdicts(dnsServerFailure, {
  'its upstream does not answer': [beside({}), 'error', { ...SEEN, upstreamQueries: 2, rcode: 'SERVFAIL' }],
  'its upstream answers': [beside({ answered: 13.1 }), 'error', UNSEEN],
  'another name is asked for in vain': [beside({ name: 'other.example' }), 'error', UNSEEN],
  'another type is asked for in vain': [beside({ type: 28 }), 'error', UNSEEN],
  'the client itself asks another server in vain': [beside({ client: '10.244.1.5:50000' }), 'error', UNSEEN],
  'the upstream is asked a second before': [beside({ queries: [9, 11] }), 'error', SEEN],
  'the upstream is asked more than a second before': [beside({ queries: [8.999, 11] }), 'error', UNSEEN],
  'the upstream is asked a second after the answer': [beside({ queries: [15, 17] }), 'error', SEEN],
  'the upstream is asked more than a second after the answer': [beside({ queries: [15.001, 17] }), 'error', UNSEEN],
  'two upstreams, told in order': [
    evidence({
      dns: [failed(), upstream(), upstream({ id: 9, server: '192.168.0.79:53', queries: [0.02, 2.1, 3] })],
    }),
    'error',
    { upstreams: ['192.168.0.79', '192.168.0.80'], upstreamQueries: 5 },
  ],
  'as many names are resolved': [evidence({ dns: [failed(), ...names(1)] }), 'error', { succeeded: 1 }],
  'more names are resolved': [evidence({ dns: [failed(), ...names(2)] }), 'warning', { succeeded: 2 }],
  'more names are resolved, but the upstream is silent': [
    evidence({ dns: [failed(), upstream(), ...names(2)] }),
    'error',
  ],
  'names that do not exist are not resolved': [
    evidence({ dns: [failed(), ...names(2, 3)] }),
    'error',
    { succeeded: 0 },
  ],
  'three waits: the middle one': [
    evidence({
      dns: [5, 1, 3].map((wait, at) =>
        failed({ id: at, name: `f${at}.test`, queries: [10 * at], answered: 10 * at + wait }),
      ),
    }),
    'error',
    { failures: 3, seconds: 3, reach: 3 },
  ],
});
