import { dnsNameUnknown } from '../../../../src/heuristics/rules/dns/dns-name-unknown.ts';
import { sessions } from '../../../support/application-items.ts';
import { connection, dns, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const SEARCH = ['.default.svc.cluster.local', '.svc.cluster.local', '.cluster.local', ''];
const NXDOMAIN = 3;

/** A walk of the search list for a name at a moment; `exists` under one of the suffixes. */
const walk = (name: string, at: number, exists: string | null = null, more: Parameters<typeof dns>[0] = {}) => {
  const last = exists === null ? SEARCH.length - 1 : SEARCH.indexOf(exists);
  return SEARCH.slice(0, last + 1).map((suffix, index) =>
    dns({
      name: `${name}${suffix}`,
      client: { address: '10.244.1.5', port: 30_000 + index + Math.round(at * 10) },
      queries: [at + index / 100],
      answered: at + index / 100 + 0.001,
      rcode: suffix === exists ? 0 : NXDOMAIN,
      ...more,
    }),
  );
};
const twice = (name: string) => [...walk(name, 1), ...walk(name, 3)];
/** NXDOMAIN with a CNAME in the answer: the target does not exist. */
const withAlias = <T extends { answers: number }>(responses: T[]): T[] =>
  responses.map((one) => ({ ...one, answers: 1 }));
const aliases = (lookups: number) =>
  Array.from({ length: lookups }, (_, at) =>
    dns({
      name: 'api.example',
      client: { address: '10.244.1.5', port: 30_000 + at },
      queries: [1 + at * 2],
      answered: 1.01 + at * 2,
      rcode: NXDOMAIN,
    }),
  ).map((one) => ({ ...one, responses: withAlias(one.responses) }));

ruleTable(dnsNameUnknown, {
  fires: {
    'a misspelt name, whose like exists': {
      evidence: evidence({ dns: [...twice('postgress.shop'), ...walk('postgres.shop', 5, '.svc.cluster.local')] }),
      finds: [{ name: 'postgress.shop', rounds: 2, nearest: 'postgres.shop.svc.cluster.local', isNear: true }],
      says: [/exists under none of 4 names; postgres\.shop\.svc\.cluster\.local exists/],
    },
    'a name beside another one of its namespace': {
      evidence: evidence({ dns: [...twice('payments.shop'), ...walk('redis.shop', 5, '.svc.cluster.local')] }),
      finds: [{ nearest: 'redis.shop.svc.cluster.local', isNear: false }],
    },
    'an alias whose target does not exist, under one name': {
      evidence: evidence({ dns: aliases(2) }),
      finds: [{ name: 'api.example', rounds: 2, alias: 'api.example', measured: { alias: 'api.example' } }],
      says: [/api\.example, which is an alias of a name that does not exist/, /target of the alias api\.example/],
    },
    'an alias under a search suffix': {
      evidence: evidence({
        dns: [1, 3].flatMap((at) =>
          walk('db', at).map((one, index) => (index === 0 ? { ...one, responses: withAlias(one.responses) } : one)),
        ),
      }),
      finds: [{ name: 'db', alias: 'db.default.svc.cluster.local' }],
      says: [/for db, which as db\.default\.svc\.cluster\.local is an alias of a name that does not exist/],
    },
    'a name that a server has just told': {
      evidence: evidence({
        dns: twice('kafka-0.kafka-headless'),
        connections: sessions(1, () => null, {
          server: '10.244.2.20:9092',
          toClient: { payloadOctets: 90, last: ref(0.9) },
        }),
      }),
      finds: [{ toldBy: '10.244.2.20:9092' }],
      says: [/right after 10\.244\.2\.20:9092 had answered/],
    },
  },
  quiet: {
    'search suffixes of a name that exists': evidence({
      dns: [...walk('redis.shop', 1, '.svc.cluster.local'), ...walk('redis.shop', 3, '.svc.cluster.local')],
    }),
    'the bare name exists': evidence({ dns: [...walk('api.example', 1, ''), ...walk('api.example', 3, '')] }),
    'the name exists without an address of this type': evidence({
      dns: [
        ...twice('redis.shop').map((one) => ({ ...one, type: 28 })),
        dns({ name: 'redis.shop.svc.cluster.local', type: 1, queries: [1.5], answered: 1.6, addresses: [] }),
      ],
    }),
    'one round only': evidence({ dns: walk('wpad', 1) }),
    'a full name under one name only': evidence({
      dns: [1, 3, 5].map((at) =>
        dns({ name: '2.0.0.127.zen.example.org', queries: [at], answered: at + 0.01, rcode: NXDOMAIN }),
      ),
    }),
    'an alias that leads nowhere, asked for once': evidence({ dns: aliases(1) }),
    'an alias whose target came back': evidence({
      dns: [...aliases(2), dns({ name: 'api.example', queries: [9], answered: 9.01 })],
    }),
    'one of its lookups failed': evidence({
      dns: [...twice('api.shop'), dns({ name: 'api.shop', queries: [5], answered: 5.1, rcode: 2 })],
    }),
    'one of its lookups stayed unanswered': evidence({
      dns: [...twice('api.shop'), dns({ name: 'api.shop', queries: [5] })],
    }),
    'a service of DNS-SD': evidence({ dns: twice('_http.tcp') }),
    'the capture misses packets': evidence({
      dns: twice('api.shop'),
      points: [point({ quality: { packets: 100, unreadable: 50 } })],
    }),
  },
});

/** Two walks, at 2 and 4 s, and what came to the client before. */
const after = (last: number, some: Parameters<typeof connection>[0] = {}) =>
  evidence({
    dns: [...walk('postgress.shop', 2), ...walk('postgress.shop', 4)],
    connections: [connection({ toClient: { payloadOctets: 9, last: ref(last) }, ...some })],
  });
const [TOLD, UNTOLD] = [{ toldBy: '10.244.2.7:80' }, { toldBy: null }];

verdicts(dnsNameUnknown, {
  'two walks': [
    evidence({ dns: twice('postgress.shop') }),
    'warning',
    { rounds: 2, name: 'postgress.shop', toldBy: null },
  ],
  'one walk': [evidence({ dns: walk('postgress.shop', 1) }), 'nothing'],
  'a second after something came to the client': [after(1), 'warning', TOLD],
  'at once after something came to the client': [after(2), 'warning', TOLD],
  'more than a second after': [after(0.999), 'warning', UNTOLD],
  'before something came to the client': [after(2.001), 'warning', UNTOLD],
  'what came was no data': [after(1.5, { toClient: { payloadOctets: 0, last: ref(1.5) } }), 'warning', UNTOLD],
  'nothing came': [after(1.5, { toClient: { payloadOctets: 9, last: null } }), 'warning', UNTOLD],
  'something came to another': [after(1.5, { client: '10.244.1.6:40000' }), 'warning', UNTOLD],
});
