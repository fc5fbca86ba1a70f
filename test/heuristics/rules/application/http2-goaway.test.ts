import type { ApplicationError } from '../../../../src/flows/evidence/evidence.ts';
import { http2Goaway } from '../../../../src/heuristics/rules/application/http2-goaway.ts';
import { applicationError, applicationFacts, sessions, use } from '../../../support/application-items.ts';
import { midStream } from '../../../support/ending-items.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';

const ending =
  (some: Partial<ApplicationError>, openings: ['http1' | 'http2', 'http2'] = ['http2', 'http2']) =>
  () =>
    applicationFacts({
      openings,
      protocol: openings[0],
      messages: [applicationError({ kind: 'goaway', fatal: true, ...some, requested: null })],
    });

ruleTable(http2Goaway, {
  fires: {
    'the server permits fewer pings': {
      evidence: evidence({ connections: sessions(1, ending({ code: '11', text: 'too_many_pings' })) }),
      finds: [{ by: 'server', code: 11, grade: 'confirmed', subject: { server: '10.244.2.7:80' } }],
      says: [/GOAWAY ENHANCE_YOUR_CALM/, /Ping less often/],
    },
    'of a connection that began before, whose client was taken for the server': {
      evidence: evidence({
        connections: [
          connection({ client: '10.244.1.5:34380', server: '10.244.2.7:50051' }, { established: true }),
          connection({
            ...midStream,
            client: '10.244.2.7:50051',
            server: '10.244.1.5:34378',
            application: ending({ code: '11', direction: 0 })(),
          }),
        ],
      }),
      finds: [{ by: 'server', subject: { client: '10.244.1.5', server: '10.244.2.7:50051' } }],
    },
    'the client ends with PROTOCOL_ERROR': {
      evidence: evidence({ connections: sessions(2, ending({ code: '1', direction: 0 })) }),
      finds: [{ by: 'client', sessions: 2 }],
      says: [/grep -w 10\.244\.1\.5"[^}]*the pod of the client; then kubectl logs shows the connections that it ends/],
    },
    'two clients end with PROTOCOL_ERROR': {
      evidence: evidence({
        connections: ['10.244.1.5', '10.244.1.9'].flatMap((clientAddress) =>
          sessions(1, ending({ code: '1', direction: 0 }), { clientAddress }),
        ),
      }),
      finds: [{ by: 'client', sessions: 2, subject: { client: '10.244.1.5, 10.244.1.9' } }],
      says: [/grep -w 10\.244\.1\.5"[^}]*the pod of one of the clients/],
    },
  },
  quiet: {
    'nothing notable: GOAWAY with NO_ERROR leaves no facts': evidence({ connections: sessions(3, () => null) }),
    'a stream is reset': evidence({ connections: sessions(3, ending({ kind: 'stream-reset', code: '7' })) }),
    'HTTP/1 to a server of HTTP/2: another rule': evidence({
      connections: sessions(3, ending({ code: '1' }, ['http1', 'http2'])),
    }),
  },
  notes: {
    'one of very many connections': evidence({
      connections: sessions(1, ending({ code: '2' })),
      applications: [use({ protocol: 'http2', connections: 400 })],
    }),
  },
});
