import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { httpError } from '../../../../src/heuristics/rules/application/http-error.ts';
import { applicationError, applicationFacts, sessions, use } from '../../../support/application-items.ts';
import { connection, evidence, ref, ruleTable } from '../../../support/evidence.ts';

const answering =
  (code: string, request = 'GET /') =>
  (start: number) =>
    applicationFacts({ messages: [applicationError({ code, request, at: start + 0.4, requested: start + 0.01 })] });
/** Requests 20 s after the beginning. */
const later =
  (code: string) =>
  (start: number): ReturnType<typeof applicationFacts> =>
    applicationFacts({ messages: [applicationError({ code, at: start + 20.4, requested: start + 20.01 })] });
const proxied = { server: '10.244.3.30:80' };
const all = (connections: Connection[], more = {}) => evidence({ connections, ...more });
/** Connections of the proxy to its backend, while the requests wait. */
const refused = [0, 1, 2].map((start) =>
  connection({
    client: { address: '10.244.3.30', port: 50_000 + start },
    server: '10.244.2.20:8080',
    syn: [start + 0.1],
    resets: [
      {
        ...ref(start + 0.101),
        direction: 1,
        seq: 0,
        ack: 1,
        hasAck: true,
        ttl: 64,
        ipId: 0,
        inWindow: true,
        sincePeer: 0.001,
      },
    ],
  }),
);
const answered = sessions(3, () => null, {
  clientAddress: '10.244.3.30',
  server: '10.244.2.20:8080',
  toClient: { payloadOctets: 100, first: ref(0), last: ref(9) },
});
const unanswered = sessions(3, () => null, {
  clientAddress: '10.244.3.30',
  server: '10.244.2.20:8080',
  toClient: { payloadOctets: 0 },
});
const checks = sessions(3, answering('404', 'GET /health'), {
  clientAddress: '10.244.3.30',
  server: '10.244.2.20:8080',
}).map((one) => ({
  ...one,
  syn: [ref(one.syn[0].time + 0.7)],
  first: ref(one.first.time + 0.7),
  last: ref(one.last.time + 0.4),
}));

ruleTable(httpError, {
  fires: {
    'a server answers 500': {
      evidence: all(sessions(3, answering('500', 'GET /orders'))),
      finds: [{ errors: 3, made: 'unseen', statuses: ['500'], subject: { server: '10.244.2.7:80' } }],
      says: [/answers 3 of 3 requests with status 500/, /GET \/orders/],
    },
    'a server of HTTP/2 refuses the streams': {
      evidence: all(
        sessions(1, () => {
          const messages = [1, 2, 3].map((at) =>
            applicationError({ at, kind: 'stream-reset', code: '7', request: null }),
          );
          return applicationFacts({ openings: ['http2', 'http2'], protocol: 'http2', messages });
        }),
        { applications: [use({ protocol: 'http2', connections: 1, answers: 4, errors: 3 })] },
      ),
      finds: [{ errors: 3, statuses: ['RST_STREAM REFUSED_STREAM'], subject: { server: '10.244.2.7:80' } }],
      says: [/answers 3 of 4 requests with RST_STREAM REFUSED_STREAM/, /http2\.type==3/],
    },
    'a body is too large': {
      evidence: all(sessions(2, answering('413', 'POST /upload'))),
      finds: [{ statuses: ['413'] }],
      says: [/larger than the server or a proxy permits/],
    },
    'a proxy answers 503, and its health check gets 404': {
      evidence: all([...sessions(3, answering('503'), proxied), ...checks]),
      finds: [
        {
          server: '10.244.3.30:80',
          made: 'idle',
          checked: { server: '10.244.2.20:8080', request: 'GET /health', status: '404' },
        },
        { level: 'note' },
      ],
      says: [/GET \/health is answered with status 404/],
    },
    'a server fails, and some other server that it asked before is dead': {
      evidence: all([...sessions(3, later('500'), proxied), ...refused]),
      finds: [{ made: 'idle', server: '10.244.3.30:80' }],
    },
    'a proxy of which another backend takes connections': {
      evidence: all([...sessions(3, later('503'), proxied), ...refused, ...answered]),
      finds: [{ made: 'idle', server: '10.244.3.30:80' }],
    },
    'a proxy fails although its backend answered': {
      evidence: all([...sessions(3, answering('502'), proxied), ...answered]),
      finds: [{ made: 'answered', upstream: '10.244.2.20:8080' }],
    },
    'one error in three follows a refusal of the backend: the others do not': {
      evidence: all([...sessions(3, answering('502'), proxied), refused[0]]),
      finds: [{ errors: 3, server: '10.244.3.30:80' }],
    },
    'one client gets errors where others do not': {
      evidence: all(sessions(2, answering('500')), {
        applications: [use({ answers: 2 }), use({ client: '10.244.1.9', answers: 900 })],
      }),
      finds: [{ errors: 2 }],
    },
  },
  quiet: {
    'a minority of the answers': all(sessions(3, answering('500')), { applications: [use({ answers: 100 })] }),
    'a few streams among many answers': all(
      sessions(1, () =>
        applicationFacts({
          protocol: 'http2',
          messages: [1, 2, 3].map((at) => applicationError({ at, kind: 'stream-reset', code: '7' })),
        }),
      ),
      { applications: [use({ protocol: 'http2', connections: 1, answers: 40, errors: 3 })] },
    ),
    'streams that the client resets': all(
      sessions(3, () =>
        applicationFacts({ messages: [applicationError({ kind: 'stream-reset', code: '1', direction: 0 })] }),
      ),
    ),
    'one error': all(sessions(1, answering('503'))),
    'an answer that says that TLS is wanted': all(
      sessions(3, () => applicationFacts({ tlsWanted: true, messages: [applicationError({ code: '400' })] })),
    ),
    'statuses that are the business of the application': all(sessions(3, answering('409'))),
  },
  notes: {
    'a proxy that has found its backend dead asks it no more': {
      evidence: all([...sessions(3, later('503'), proxied), ...refused]),
      finds: [{ made: 'failed', upstream: '10.244.2.20:8080' }],
    },
    'a proxy passes on that its backend refuses': {
      evidence: all([...sessions(3, answering('502'), proxied), ...refused]),
      finds: [{ made: 'failed', upstream: '10.244.2.20:8080' }],
    },
    'a proxy passes on that its backend does not answer': all([
      ...sessions(3, answering('504'), proxied),
      ...unanswered,
    ]),
    'what is asked for is not there': all(sessions(3, answering('404'))),
    'a reason that was cut': all(
      sessions(3, () => applicationFacts({ errorCut: true, messages: [applicationError({ code: '400' })] })),
    ),
  },
});
