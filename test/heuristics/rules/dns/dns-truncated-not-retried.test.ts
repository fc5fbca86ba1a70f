import { dnsTruncatedNotRetried } from '../../../../src/heuristics/rules/dns/dns-truncated-not-retried.ts';
import { connection, dns, evidence, point, ruleTable } from '../../../support/evidence.ts';

const cut = (at: number, some: object = {}) =>
  dns({ queries: [at], answered: at + 0.001, truncated: true, addresses: [], id: Math.round(at * 10), ...some });
const web = connection({ client: '10.244.1.5:41000', server: '10.20.30.40:80' }, { established: true });

ruleTable(dnsTruncatedNotRetried, {
  fires: {
    'asked again by UDP, never by TCP': {
      evidence: evidence({ dns: [cut(0), cut(1), cut(2)], connections: [web] }),
      finds: [{ truncated: 3, grade: 'inferred', seesTcp: true, types: ['A'] }],
      says: [/do not fit into UDP, and 10\.244\.1\.5 never asks 10\.96\.0\.10 by TCP/, /none of it goes to port 53/],
    },
    'A and AAAA, asked twice': {
      evidence: evidence({
        dns: [cut(0), cut(0, { type: 28, id: 9 }), cut(1), cut(1, { type: 28, id: 11 })],
        connections: [web],
      }),
      finds: [{ truncated: 4, types: ['A', 'AAAA'] }],
    },
    'another client asks by TCP': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.9:41000', server: '10.96.0.10:53' }, { established: true })],
    }),
  },
  quiet: {
    'TCP 53 is tried': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.5:41001', server: '10.96.0.10:53', syn: [0.01] })],
    }),
    'TCP 53 of the other server in resolv.conf': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.5:41001', server: '10.96.0.11:53' }, { established: true })],
    }),
    'not asked again: A and AAAA once': evidence({ dns: [cut(0), cut(0, { type: 28, id: 9 })], connections: [web] }),
    'a later answer is whole: EDNS': evidence({
      dns: [cut(0), cut(1), dns({ queries: [2], answered: 2.001, id: 77 })],
      connections: [web],
    }),
    'the client uses an address of the cut answer': evidence({
      dns: [cut(0, { addresses: ['10.20.30.40'] }), cut(1, { addresses: ['10.20.30.40'] })],
      connections: [web],
    }),
    'the capture ends at once': evidence({
      points: [point({ quality: { lastTime: 1.5 } })],
      dns: [cut(0), cut(1)],
      connections: [web],
    }),
    'two names, each truncated once': evidence({
      dns: [cut(0), cut(1, { name: 'other.example.test' })],
      connections: [web],
    }),
  },
  notes: {
    'the capture holds no TCP: a filter may hide it': evidence({ dns: [cut(0), cut(1)] }),
  },
});
