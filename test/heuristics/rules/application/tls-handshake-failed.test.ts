import { type TlsFacts, TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { tlsHandshakeFailed } from '../../../../src/heuristics/rules/application/tls-handshake-failed.ts';
import { applicationFacts, sessions, tlsFacts, use } from '../../../support/application-items.ts';
import { evidence, ref, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

const alerts = (description: number, level = 2, count = 2, more = {}) =>
  all(sessions(count, tls(alert(description, TO_CLIENT, level))), more);
const closed = (count: number, some: Partial<TlsFacts> = {}, leg: object = {}) =>
  all(
    sessions(
      count,
      tls(() => some),
      { ...silent, ...leg },
    ),
  );
/** The hello comes 3 ms after 1,700,000,000. */
const certified = (notBefore: number, notAfter: number) =>
  all(
    sessions(
      2,
      tls((start) => ({ ...alert(45)(start), certificate: { notBefore, notAfter, selfSigned: false } })),
    ),
  );
const NOW = 1_700_000_000;
const version = (serverVersion: number | null) =>
  all(
    sessions(
      2,
      tls((start) => ({ ...alert(40)(start), serverVersion })),
    ),
  );
const sealed = (direction: 0 | 1, leg: object = {}) =>
  all(
    sessions(
      2,
      tls((start) => ({ sealedAlert: { ...ref(start + 0.02), direction } })),
      leg,
    ),
  );

verdicts(tlsHandshakeFailed, {
  'one alert': [alerts(40, 2, 1), 'warning', { failed: 1, all: 1 }],
  'half of the connections': [
    alerts(40, 2, 2, { applications: [use({ protocol: 'tls', connections: 4 })] }),
    'error',
    { all: 4 },
  ],
  'less than half of the connections': [
    alerts(40, 2, 2, { applications: [use({ protocol: 'tls', connections: 5 })] }),
    'note',
  ],
  close_notify: [alerts(0), 'nothing'],
  user_canceled: [alerts(90), 'nothing'],
  no_renegotiation: [alerts(100), 'nothing'],
  'a fatal unrecognized_name': [alerts(112), 'error'],
  'a warning of unrecognized_name': [alerts(112, 1), 'nothing'],
  'another warning, after which the connection ends': [alerts(113, 1), 'error'],
  'two alerts of another kind each': [
    all([...sessions(1, tls(alert(40))), ...sessions(1, tls(alert(42)), { client: '10.244.1.5:50000' })]),
    '2 warnings',
  ],
  'a handshake that was finished': [
    all(
      sessions(
        2,
        tls((start) => ({ ...alert(40)(start), established: true })),
      ),
    ),
    'nothing',
  ],
  'one that is closed after the hello': [closed(1), 'nothing'],
  'two that are closed after the hello': [
    closed(2),
    'error',
    { end: 'closed', by: 'server', afterHello: true, grade: 'inferred' },
  ],
  'two without a hello': [closed(2, { clientHello: null }), 'nothing'],
  'two whose roles are guessed': [closed(2, {}, { rolesFrom: 'guess' }), 'nothing'],
  'a certificate that ended just before': [certified(0, NOW), 'error', { expired: true, notYet: false }],
  'a certificate that ends just after': [certified(0, NOW + 1), 'error', { expired: false, expires: '2023-11-14' }],
  'a certificate that began just before': [certified(NOW, 2 * NOW), 'error', { notYet: false }],
  'a certificate that begins just after': [
    certified(NOW + 1, 2 * NOW),
    'error',
    { notYet: true, begins: '2023-11-14' },
  ],
  'TLS 1.2 was chosen': [version(0x0303), 'error', { chosen: 'TLS 1.2', afterHello: false }],
  'the chosen version was not readable': [version(0), 'error', { chosen: null }],
  'no version was chosen': [
    version(null),
    'error',
    { chosen: null, offered: 'TLS 1.3', helloOctets: 508, postQuantum: false },
  ],
  'an encrypted alert of the client': [
    sealed(TO_SERVER),
    'error',
    { end: 'sealed-alert', by: 'client', grade: 'inferred' },
  ],
});
