import { type ApplicationFacts, TO_CLIENT } from '../../../../src/flows/evidence/evidence.ts';
import { protocolMismatch } from '../../../../src/heuristics/rules/application/protocol-mismatch.ts';
import { applicationError, applicationFacts, sessions, tlsFacts, use } from '../../../support/application-items.ts';
import { evidence, ref, ruleTable } from '../../../support/evidence.ts';

const met = (some: Partial<ApplicationFacts>, count = 3, more = {}) =>
  evidence({ connections: sessions(count, () => applicationFacts(some)), ...more });
const alerted = tlsFacts({
  clientHello: null,
  alert: { ...ref(0.01), direction: TO_CLIENT, level: 2, description: 10 },
});
const badRequest = [applicationError({ code: '400' })];

ruleTable(protocolMismatch, {
  fires: {
    'a ClientHello is answered by HTTP': {
      evidence: met({ openings: ['tls', 'http1'], tls: tlsFacts() }),
      finds: [{ mismatch: 'tls-to-plain', sessions: 3, grade: 'confirmed', subject: { server: '10.244.2.7:80' } }],
      says: [/speak TLS to 10\.244\.2\.7 port 80, which answers with HTTP\/1 in plain text/],
    },
    'the answer says that TLS is wanted': {
      evidence: met({ tlsWanted: true, messages: badRequest }),
      finds: [{ mismatch: 'plain-to-tls' }],
      says: [/which wants TLS/],
    },
    'plain text is answered by an alert': met({ openings: ['http1', 'tls'], tls: alerted }),
    'an unknown protocol is answered by an alert': {
      evidence: met({ openings: ['unknown', 'tls'], protocol: 'unknown', tls: alerted }),
      finds: [{ mismatch: 'plain-to-tls', grade: 'inferred' }],
    },
    'HTTP/2 is answered by HTTP/1': met({ openings: ['http2', 'http1'], protocol: 'http2' }),
    'HTTP/1 is answered by frames': met({ openings: ['http1', 'http2'] }),
    'a PROXY header is answered by 400': met({ openings: ['proxy', 'http1'], proxied: true, messages: badRequest }),
    'PostgreSQL has no TLS and the client leaves': {
      evidence: met({ openings: ['postgresql', 'unknown'], protocol: 'postgresql', tlsRefused: true }),
      finds: [{ mismatch: 'tls-refused' }],
    },
    'three connections of a public client: it wants an answer': evidence({
      connections: sessions(3, () => applicationFacts({ openings: ['tls', 'http1'], tls: tlsFacts() }), {
        clientAddress: '198.51.100.9',
      }),
    }),
    'one connection inside': met({ openings: ['tls', 'http1'], tls: tlsFacts() }, 1),
    'HTTP to a port of SSH': met({ openings: ['http1', 'ssh'] }),
  },
  quiet: {
    'PostgreSQL changes to TLS, whose handshake fails': met({
      openings: ['postgresql', 'unknown'],
      protocol: 'tls',
      tls: alerted,
    }),
    'PostgreSQL has no TLS and the client goes on': met({
      openings: ['postgresql', 'unknown'],
      protocol: 'postgresql',
      tlsRefused: true,
      answers: 3,
    }),
    'HTTP answers 400 to HTTP': met({ messages: badRequest }),
    'the answer was cut before it could be told': met({ openings: ['http1', 'unknown'], cut: [false, true] }),
    'TLS meets TLS': met({ openings: ['tls', 'tls'], tls: tlsFacts() }),
  },
  notes: {
    'a scanner of the Internet tries TLS at a plain port': evidence({
      connections: sessions(2, () => applicationFacts({ openings: ['tls', 'http1'], tls: tlsFacts() }), {
        clientAddress: '198.51.100.9',
      }),
    }),
    'one of many connections': met({ openings: ['tls', 'http1'], tls: tlsFacts() }, 1, {
      applications: [use({ protocol: 'tls', connections: 40 })],
    }),
  },
});
