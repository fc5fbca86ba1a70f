import { dnsServerPortClosed } from '../../../../src/heuristics/rules/dns/dns-server-port-closed.ts';
import { dns, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const about = quoted({ source: '10.244.1.5:40000', destination: '10.96.0.10:53' });
const atClient = dns();
const atServer = dns({ point: 1, server: '10.244.2.9:53' });

ruleTable(dnsServerPortClosed, {
  fires: {
    'the server itself says so': {
      evidence: evidence({ dns: [dns()], icmpErrors: [icmpError(0.001, { from: '10.96.0.10', quoted: about })] }),
      finds: [{ rejectedBy: null, grade: 'confirmed', packetsTotal: 2 }],
      says: [/answers 1 lookup of \S+ with .*port unreachable/],
    },
    'ICMP errors are rate limited: the silent lookups belong to it': {
      evidence: evidence({
        dns: [dns(), dns({ id: 2, client: '10.244.1.5:40001', queries: [0.01, 5] })],
        icmpErrors: [icmpError(0.001, { from: '10.96.0.10', quoted: about })],
      }),
      finds: [{ lookups: 1, conversations: [0, 1] }],
    },
    'on a bridge: the query to the pod, the error from the service': {
      evidence: evidence({
        dns: [dns({ server: '10.244.2.9:53' })],
        icmpErrors: [icmpError(0.001, { from: '10.96.0.10', quoted: about })],
      }),
      finds: [{ server: '10.244.2.9' }],
    },
    'over IPv6': {
      evidence: evidence({
        dns: [dns({ client: '[fd00::5]:40000', server: '[fd00::a]:53' })],
        icmpErrors: [
          icmpError(0.001, {
            version: 6,
            type: 1,
            code: 4,
            from: 'fd00::a',
            quoted: quoted({ ipVersion: 6, source: '[fd00::5]:40000', destination: '[fd00::a]:53' }),
          }),
        ],
      }),
      finds: [{ server: 'fd00::a', rejectedBy: null }],
    },
    'the node says so: no endpoint': {
      evidence: evidence({ dns: [dns()], icmpErrors: [icmpError(0.001, { from: '10.244.1.1', quoted: about })] }),
      finds: [{ rejectedBy: '10.244.1.1' }],
      says: [/no ready endpoint, so kube-proxy rejects/],
    },
    'the pod behind the service is named': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        dns: [atClient, atServer],
        paths: [{ of: [atClient, atServer] }],
        icmpErrors: [icmpError(0.001, { from: '10.96.0.10', quoted: about })],
      }),
      finds: [{ translated: '10.244.2.9', subject: { serverBeforeNat: '10.96.0.10' } }],
    },
    'a public client that asks again: it wants the answer': {
      evidence: evidence({
        dns: [dns({ client: '198.51.100.9:40000', server: '10.244.2.9:53', queries: [0, 5] })],
        icmpErrors: [
          icmpError(0.001, {
            from: '10.244.2.9',
            quoted: quoted({ source: '198.51.100.9:40000', destination: '10.244.2.9:53' }),
          }),
        ],
      }),
      finds: [{ lookups: 1 }],
    },
    'it answered more often than not: a warning': {
      evidence: evidence({
        dns: [
          dns(),
          dns({ id: 2, client: '10.244.1.5:40001', queries: [5], answered: 5.1 }),
          dns({ id: 3, client: '10.244.1.5:40002', queries: [6], answered: 6.1 }),
          dns({ id: 4, server: '10.96.0.11:53', client: '10.244.1.5:40003' }),
        ],
        icmpErrors: [
          icmpError(0.001, { from: '10.96.0.10', quoted: about }),
          icmpError(0.002, {
            from: '10.96.0.11',
            quoted: quoted({ source: '10.244.1.5:40003', destination: '10.96.0.11:53' }),
          }),
        ],
      }),
      finds: [{ level: 'warning', answered: 2 }, { answered: 0 }],
    },
  },
  quiet: {
    'the client rejects a late answer': evidence({
      dns: [dns({ answered: 0.1 })],
      icmpErrors: [
        icmpError(0.2, {
          from: '10.244.1.5',
          quoted: quoted({ source: '10.96.0.10:53', destination: '10.244.1.5:40000' }),
        }),
      ],
    }),
    'a query that was answered all the same': evidence({
      dns: [dns({ queries: [0, 5], answered: 5.1 })],
      icmpErrors: [icmpError(0.001, { quoted: about })],
    }),
    'IPv6, administratively prohibited': evidence({
      dns: [dns({ client: '[fd00::5]:40000', server: '[fd00::a]:53' })],
      icmpErrors: [
        icmpError(0.001, {
          version: 6,
          type: 1,
          code: 1,
          quoted: quoted({ ipVersion: 6, source: '[fd00::5]:40000', destination: '[fd00::a]:53' }),
        }),
      ],
    }),
    'administratively prohibited': evidence({
      dns: [dns()],
      icmpErrors: [icmpError(0.001, { code: 13, quoted: about })],
    }),
  },
  notes: {
    'a scanner asks a machine that is no DNS server': evidence({
      dns: [dns({ client: '198.51.100.9:40000', server: '10.244.2.9:53', name: 'version.bind', type: 16 })],
      icmpErrors: [
        icmpError(0.001, {
          from: '10.244.2.9',
          quoted: quoted({ source: '198.51.100.9:40000', destination: '10.244.2.9:53' }),
        }),
      ],
    }),
  },
});

/** So many lookups of one client, each from a port of its own and each refused. */
const refusals = (count: number, client = '10.244.1.5', some: object = {}, error: object = {}) => ({
  dns: Array.from({ length: count }, (_, at) =>
    dns({ id: 10 + at, client: `${client}:${41_000 + at}`, queries: [at], ...some }),
  ),
  icmpErrors: Array.from({ length: count }, (_, at) =>
    icmpError(at + 0.001, {
      from: '10.96.0.10',
      quoted: quoted({ source: `${client}:${41_000 + at}`, destination: '10.96.0.10:53' }),
      ...error,
    }),
  ),
});
const [STRANGER, OTHER] = ['198.51.100.4', '10.244.1.6'];
const one = (error: object) => evidence(refusals(1, '10.244.1.5', {}, error));
const answers = (count: number, server = '10.96.0.10:53') =>
  Array.from({ length: count }, (_, at) =>
    dns({ id: 80 + at, client: `${OTHER}:${42_000 + at}`, server, queries: [9], answered: 9.1 }),
  );
const among = (count: number, client: string, ...more: ReturnType<typeof dns>[]) => {
  const all = refusals(count, client);
  return evidence({ ...all, dns: [...all.dns, ...more] });
};

verdicts(dnsServerPortClosed, {
  'one lookup': [one({}), 'error', { lookups: 1, answered: 0, rejectedBy: null, translated: null, packetsTotal: 2 }],
  'another code': [one({ code: 1 }), 'nothing'],
  'another type': [one({ type: 11 }), 'nothing'],
  'type and code of IPv6 in IPv4': [one({ type: 1, code: 4 }), 'nothing'],
  'type and code of IPv6': [one({ version: 6, type: 1, code: 4 }), 'error'],
  'another code of IPv6': [one({ version: 6, type: 1, code: 3 }), 'nothing'],
  'another type of IPv6': [one({ version: 6, type: 3, code: 4 }), 'nothing'],
  'a router says so': [one({ from: '10.244.1.1' }), 'error', { rejectedBy: '10.244.1.1' }],
  'one of a stranger': [among(1, STRANGER), 'note'],
  'two of a stranger': [among(2, STRANGER), 'note', { lookups: 2 }],
  'three of a stranger': [among(3, STRANGER), 'error'],
  'one of a stranger, sent again': [evidence(refusals(1, STRANGER, { queries: [0, 0.0005] })), 'error'],
  'one of a stranger to a server that answers others': [among(1, STRANGER, ...answers(1)), 'error'],
  'one of a stranger, and another server answers': [among(1, STRANGER, ...answers(1, '10.96.0.11:53')), 'note'],
  'as many are answered': [among(1, '10.244.1.5', ...answers(1)), 'error', { answered: 1 }],
  'most are answered': [among(1, '10.244.1.5', ...answers(2)), 'warning', { answered: 2 }],
  'two clients': [
    evidence({
      dns: [...refusals(1).dns, ...refusals(1, OTHER).dns],
      icmpErrors: [...refusals(1).icmpErrors, ...refusals(1, OTHER).icmpErrors],
    }),
    'error',
    { lookups: 2, clients: ['10.244.1.5', OTHER], subject: { client: `10.244.1.5, ${OTHER}` } },
  ],
  'another server is silent': [
    among(1, '10.244.1.5', dns({ id: 70, client: `${OTHER}:43000`, server: '10.96.0.11:53', queries: [1, 3] })),
    'error',
    { conversations: [0], measured: { lookups: 1, silent: 0 } },
  ],
  'it is silent for another': [
    among(1, '10.244.1.5', dns({ id: 70, client: `${OTHER}:43000`, queries: [1, 3] })),
    'error',
    { conversations: [0, 1], measured: { lookups: 1, silent: 1 } },
  ],
});
