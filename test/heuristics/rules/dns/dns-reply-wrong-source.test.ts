import { dnsReplyWrongSource } from '../../../../src/heuristics/rules/dns/dns-reply-wrong-source.ts';
import { dns, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';

const rejection = icmpError(0.002, {
  from: '10.244.1.5',
  to: '10.244.1.9',
  quoted: quoted({ source: '10.244.1.9:53', destination: '10.244.1.5:40000' }),
});
const orphan = dns({ server: '10.244.1.9:53', queries: [], answered: 0.001 });

ruleTable(dnsReplyWrongSource, {
  fires: {
    'the client rejects the answer': {
      evidence: evidence({ dns: [dns({ answered: 0.001, from: '10.244.1.9:53' })], icmpErrors: [rejection] }),
      finds: [{ answerer: '10.244.1.9', server: '10.96.0.10', rejected: 1, lookups: 1 }],
      says: [/10\.244\.1\.9 answers/, /bridge-nf-call-iptables/],
    },
    'at the pod: the client asks again': evidence({
      points: [point({ role: 'pod-veth' })],
      dns: [dns({ queries: [0, 5], answered: 0.001, from: '10.244.1.9:53' })],
    }),
    'flows took the answer for an exchange of its own': {
      evidence: evidence({ dns: [dns(), orphan], icmpErrors: [rejection] }),
      finds: [{ answerer: '10.244.1.9', conversations: [0, 1] }],
    },
  },
  quiet: {
    'a bridge also shows the answer after translation': evidence({
      dns: [dns({ answered: 0.002 }), dns({ server: '10.244.1.9:53', answered: 0.001 })],
    }),
    'on a bridge the way back is translated already, and the other query of the pair was lost': evidence({
      points: [point({ role: 'bridge' })],
      dns: [dns({ server: '10.244.1.9:53', queries: [0, 5], answered: 0.001, from: '10.96.0.10:53' })],
    }),
    'a late answer meets a closed socket': evidence({
      dns: [dns({ server: '10.244.1.9:53', answered: 6, from: '10.96.0.10:53' })],
      icmpErrors: [
        icmpError(6.001, {
          from: '10.244.1.5',
          quoted: quoted({ source: '10.96.0.10:53', destination: '10.244.1.5:40000' }),
        }),
      ],
    }),
    'neither rejected nor asked again': evidence({ dns: [dns({ answered: 0.001, from: '10.244.1.9:53' })] }),
    'another name with the same id': evidence({
      dns: [
        dns({ queries: [0, 5] }),
        dns({ server: '10.244.1.9:53', name: 'other.test', queries: [], answered: 0.001 }),
      ],
      icmpErrors: [rejection],
    }),
    'the error came before the answer: it is about another one': evidence({
      dns: [dns({ answered: 0.01, from: '10.244.1.9:53' })],
      icmpErrors: [rejection],
    }),
    'no answer at all': evidence({ dns: [dns({ queries: [0, 5, 10] })] }),
  },
});
