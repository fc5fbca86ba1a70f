import { dnsWrongServer } from '../../../../src/heuristics/rules/dns/dns-wrong-server.ts';
import { dns, evidence, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const name = 'web.default.svc.cluster.local';
const wrong = (id: number, some: object = {}) =>
  dns({ id, server: '10.0.0.99:53', name, queries: [id, id + 5], ...some });
const right = dns({ id: 50, client: '10.244.1.9:50000', name, answered: 0.001 });

ruleTable(dnsWrongServer, {
  fires: {
    'the right server is given, the asked one is silent': {
      evidence: evidence({ known: { dnsServers: ['10.96.0.10'] }, dns: [wrong(1), wrong(2)] }),
      finds: [{ grade: 'confirmed', unanswered: 2, expected: ['10.96.0.10'] }],
      says: [/asks 10\.0\.0\.99 for names, and the cluster's DNS server is 10\.96\.0\.10/],
    },
    'it denies a name that another server resolves': {
      evidence: evidence({
        dns: [right, wrong(1, { answered: 1.01, rcode: 3 }), wrong(2, { answered: 2.01, rcode: 3 })],
      }),
      finds: [{ grade: 'inferred', unanswered: 0 }],
    },
    'it denies the name for all types; the right server has it for one of them': {
      evidence: evidence({
        dns: [
          right,
          dns({ id: 51, client: '10.244.1.9:50000', name, type: 28, answered: 0.001, addresses: [] }),
          wrong(1, { answered: 1.01, rcode: 3 }),
          wrong(2, { answered: 2.01, rcode: 3, type: 28 }),
        ],
      }),
      finds: [{ lookups: 2 }],
    },
  },
  quiet: {
    'the unknown server knows the names: a cache': evidence({
      known: { dnsServers: ['10.96.0.10'] },
      dns: [wrong(1, { answered: 1.01 }), wrong(2, { answered: 2.01 })],
    }),
    'an outside server that answers': evidence({
      known: { dnsServers: ['10.96.0.10'] },
      dns: [1, 2].map((id) => dns({ id, server: '8.8.8.8:53', name: 'example.com', answered: 0.01 })),
    }),
    'the DNS server asks its upstream': evidence({
      known: { dnsServers: ['10.96.0.10'] },
      dns: [
        dns({ id: 9, server: '10.244.2.9:53', answered: 4, rcode: 2 }),
        ...[1, 2].map((id) => dns({ id, client: '10.244.2.9:50000', server: '192.168.0.80:53', queries: [0, 2] })),
      ],
    }),
    'only silent, and nothing is given': evidence({ dns: [right, wrong(1), wrong(2)] }),
    'suffixes that nobody resolves': evidence({
      dns: [
        right,
        ...[1, 2].map((id) =>
          wrong(id, { name: `example.com.default.svc.cluster.local`, answered: id + 0.01, rcode: 3 }),
        ),
      ],
    }),
  },
});

const GIVEN = { dnsServers: ['10.96.0.10'] };
const given = (known: object, ...lookups: ReturnType<typeof dns>[]) =>
  evidence({ known: { ...GIVEN, ...known }, dns: [wrong(1), wrong(2), ...lookups] });
/** It denies a name twice that another server resolves for another client. */
const denied = (some: object = {}, other: object = {}) =>
  evidence({
    dns: [
      dns({ id: 50, client: '10.244.1.9:50000', name, answered: 0.001, ...other }),
      ...[1, 2].map((id) => wrong(id, { answered: id + 0.01, rcode: 3, ...some })),
    ],
  });

verdicts(dnsWrongServer, {
  'two lookups in vain': [given({}), 'error', { lookups: 2, unanswered: 2, knownFrom: 'given', reach: 2 }],
  'one lookup in vain': [evidence({ known: GIVEN, dns: [wrong(1)] }), 'nothing'],
  'one of three is answered': [given({}, wrong(3, { answered: 3.01 })), 'nothing'],
  'the server is one of those given': [given({ dnsServers: ['10.96.0.10', '10.0.0.99'] }), 'nothing'],
  'none is given, and nobody resolves': [given({ dnsServers: [] }), 'nothing'],
  'the client is a server of others': [
    given({}, dns({ id: 9, client: '10.244.1.9:50000', server: '10.244.1.5:53', answered: 0.1 })),
    'nothing',
  ],
  'the client is a node': [given({ nodes: { '10.244.1.5': 'node1' } }), 'nothing'],
  'another address is a node': [given({ nodes: { '10.244.1.6': 'node1' } }), 'error'],
  'two names are denied': [
    denied(),
    'error',
    { lookups: 2, unanswered: 0, knownFrom: 'others', expected: ['10.96.0.10'] },
  ],
  'they fail, which is no denial': [denied({ rcode: 2 }), 'nothing'],
  'the other server denies it, too': [denied({}, { rcode: 3 }), 'nothing'],
  'the other server has no address': [denied({}, { addresses: [] }), 'nothing'],
  'the other server has another name': [denied({}, { name: 'api.default.svc.cluster.local' }), 'nothing'],
  'a name that is not of the cluster': [denied({ name: 'web.example' }, { name: 'web.example' }), 'nothing'],
  'another domain of the cluster': [
    denied({ name: 'web.default.svc.corp.example' }, { name: 'web.default.svc.corp.example' }),
    'error',
  ],
  'a name whose domain is missing': [denied({ name: 'web.default.svc' }, { name: 'web.default.svc' }), 'nothing'],
});
