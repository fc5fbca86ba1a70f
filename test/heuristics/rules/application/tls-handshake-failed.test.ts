import { type TlsFacts, TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { tlsHandshakeFailed } from '../../../../src/heuristics/rules/application/tls-handshake-failed.ts';
import { applicationFacts, sessions, tlsFacts, use } from '../../../support/application-items.ts';
import { evidence, ref, ruleTable } from '../../../support/evidence.ts';

const tls = (some: (start: number) => Partial<TlsFacts>) => (start: number) =>
  applicationFacts({ openings: ['tls', 'tls'], tls: tlsFacts(some(start)) });
const alert =
  (description: number, direction: 0 | 1 = TO_CLIENT, level = 2) =>
  (start: number) => ({
    alert: { ...ref(start + 0.01), direction, level, description },
  });
const all = (connections: ReturnType<typeof sessions>, more = {}) => evidence({ connections, ...more });
const silent = { toClient: { payloadOctets: 0, fins: 1 }, history: 'ShAfD' };
/** The captures of the builders begin at 1,700,000,000. */
const DAY = 86_400;
const ended = { notBefore: 1_600_000_000, notAfter: 1_700_000_000 - DAY, selfSigned: false };

ruleTable(tlsHandshakeFailed, {
  fires: {
    'the server answers hellos with handshake_failure': {
      evidence: all(sessions(3, tls(alert(40)))),
      finds: [{ failed: 3, by: 'server', alert: 40, subject: { server: '10.244.2.7:80' }, grade: 'confirmed' }],
      says: [/3 of 3 TLS handshakes/, /the server sends the alert handshake_failure/],
    },
    'the client rejects a certificate that has ended': {
      evidence: all(
        sessions(
          2,
          tls((start) => ({ ...alert(45, TO_SERVER)(start), serverVersion: 0x0303, certificate: ended })),
        ),
      ),
      finds: [{ by: 'client', expired: true, expires: '2023-11-13' }],
      says: [/certificate_expired/, /its certificate ended on 2023-11-13, before this capture/],
    },
    'the client rejects a certificate that is not valid yet': {
      evidence: all(
        sessions(
          2,
          tls((start) => ({
            ...alert(42, TO_SERVER)(start),
            serverVersion: 0x0303,
            certificate: { ...ended, notBefore: 4_102_444_800, notAfter: 4_133_980_800 },
          })),
        ),
      ),
      finds: [{ by: 'client', expired: false, notYet: true, begins: '2100-01-01' }],
      says: [/its certificate is valid only from 2100-01-01/, /Compare the clocks/],
    },
    'the server asks for a certificate and gets none': {
      evidence: all(
        sessions(
          2,
          tls((start) => ({
            ...alert(116)(start),
            serverVersion: 0x0303,
            certificateRequested: true,
            clientCertificateMissing: true,
          })),
        ),
      ),
      finds: [{ clientCertificateMissing: true }],
      says: [/the server asked for one, and the client answered with none/],
    },
    'an encrypted alert of the client, and the end': {
      evidence: all(
        sessions(
          2,
          tls((start) => ({ serverVersion: 0x0304, sealedAlert: { ...ref(start + 0.01), direction: TO_SERVER } })),
        ),
      ),
      finds: [{ end: 'sealed-alert', by: 'client', grade: 'inferred' }],
    },
    'one connection only': {
      evidence: all(sessions(1, tls(alert(70)))),
      finds: [{ level: 'warning', failed: 1 }],
    },
    'the server ends connections after the hello without an octet': {
      evidence: all(
        sessions(
          3,
          tls(() => ({})),
          silent,
        ),
      ),
      finds: [{ end: 'closed', by: 'server', failed: 3 }],
    },
  },
  quiet: {
    'close_notify before the end of the handshake': all(sessions(3, tls(alert(0, TO_SERVER, 1)))),
    'the user cancels': all(sessions(3, tls(alert(90, TO_SERVER, 1)))),
    'the handshake was finished before the alert': all(
      sessions(
        3,
        tls((start) => ({ ...alert(40)(start), established: true })),
      ),
    ),
    'the server knows another name and goes on': all(sessions(3, tls(alert(112, TO_CLIENT, 1)))),
    'the hello never arrived, and the server gave up waiting': all(
      sessions(
        3,
        tls(() => ({})),
        { ...silent, toServer: { unackedOctets: 500, firstAckedData: null } },
      ),
    ),
    'HTTP answers the hello: another rule': all(
      sessions(3, () => applicationFacts({ openings: ['tls', 'http1'], tls: tlsFacts() }), silent),
    ),
    'close_notify of the server after the end of the client': all(
      sessions(
        3,
        tls((start) => ({ serverVersion: 0x0304, sealedAlert: { ...ref(start + 0.01), direction: TO_CLIENT } })),
        { history: 'ShADdFf' },
      ),
    ),
    'one connection that the server ended without an octet': all(
      sessions(
        1,
        tls(() => ({})),
        silent,
      ),
    ),
    'a capture that ended in the handshake': all(
      sessions(
        3,
        tls(() => ({})),
        { history: 'ShAD', toClient: { payloadOctets: 0 } },
      ),
    ),
  },
  notes: {
    'one of many connections': all(sessions(1, tls(alert(40))), {
      applications: [use({ protocol: 'tls', connections: 40, answered: 39 })],
    }),
    'the client looks at the certificate and leaves': all(
      sessions(
        3,
        tls(() => ({ serverVersion: 0x0303, certificate: { ...ended, notAfter: 1_800_000_000 } })),
        { history: 'ShADdFf' },
      ),
    ),
  },
});
