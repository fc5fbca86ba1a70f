import type { ApplicationError } from '../../../../src/flows/evidence/evidence.ts';
import { applicationError } from '../../../../src/heuristics/rules/application/application-error.ts';
import { applicationFacts, applicationError as error, sessions, use } from '../../../support/application-items.ts';
import { evidence, ruleTable } from '../../../support/evidence.ts';

const refusing =
  (some: Partial<ApplicationError>, protocol: 'postgresql' | 'mysql' | 'redis' | 'mail' | 'memcached' = 'postgresql') =>
  () =>
    applicationFacts({
      openings: [protocol, 'unknown'],
      protocol,
      messages: [error({ kind: 'server-error', fatal: true, request: null, ...some, requested: 0.004 })],
    });

/** A node of a Redis cluster that sends the client on each time. */
const moved = () =>
  applicationFacts({
    openings: ['redis', 'unknown'],
    protocol: 'redis',
    messages: [1, 2, 3].map((at) =>
      error({ at, kind: 'server-error', code: 'MOVED', text: '15495 10.244.2.8:6379', fatal: false, request: null }),
    ),
  });
const ofNode = (address: string, answers: number, errors: number) =>
  use({ protocol: 'redis', server: `${address}:6379`, connections: 1, answers, errors });

ruleTable(applicationError, {
  fires: {
    'PostgreSQL has no entry for the client': {
      evidence: evidence({ connections: sessions(3, refusing({ code: '28000', text: 'no pg_hba.conf entry' })) }),
      finds: [{ code: '28000', sessions: 3, subject: { server: '10.244.2.7:80' } }],
      says: [/PostgreSQL on 10\.244\.2\.7 port 80 refuses 3 of 3 connections: 28000/, /the code 28000 says so/],
    },
    'an error without a text': {
      evidence: evidence({ connections: sessions(3, refusing({ code: '53300', text: '' })) }),
      finds: [{ code: '53300' }],
      says: [/refuses 3 of 3 connections: 53300(?! \\?")/],
    },
    'MySQL has too many connections': {
      evidence: evidence({ connections: sessions(2, refusing({ code: '1040' }, 'mysql')) }),
      finds: [{ code: '1040' }],
      says: [/a limit of the server is reached/],
    },
    'SMTP refuses every client': {
      evidence: evidence({
        connections: sessions(3, refusing({ code: '421', text: '4.7.0 Too many connections' }, 'mail')),
      }),
      finds: [{ code: '421', sessions: 3 }],
      says: [/SMTP or FTP on 10\.244\.2\.7 port 80 refuses 3 of 3 connections: 421/, /4\.7\.0 Too many connections/],
    },
    'SMTP does not accept the login': {
      evidence: evidence({ connections: sessions(2, refusing({ code: '535', text: '5.7.8 bad' }, 'mail')) }),
      finds: [{ code: '535' }],
      says: [/"login-refused"[^}]*the code 535 says so/, /^(?!.*mail-refused)/],
    },
    'SMTP has no room': {
      evidence: evidence({ connections: sessions(2, refusing({ code: '552', text: '5.2.2 full' }, 'mail')) }),
      finds: [{ code: '552' }],
      says: [/"server-limit"[^}]*the code 552 says so/, /^(?!.*mail-refused)/],
    },
    'memcached has no memory': {
      evidence: evidence({
        connections: sessions(2, refusing({ code: 'SERVER_ERROR', text: 'out of memory storing object' }, 'memcached')),
      }),
      finds: [{ code: 'SERVER_ERROR' }],
      says: [/a limit of the server is reached/],
    },
    'Redis sends the client on in circles': {
      evidence: evidence({
        connections: [
          ...sessions(1, moved, { server: '10.244.2.7:6379' }),
          ...sessions(1, moved, { server: '10.244.2.8:6379' }),
        ],
        applications: [ofNode('10.244.2.7', 3, 3), ofNode('10.244.2.8', 3, 3)],
      }),
      finds: [
        { level: 'warning', code: 'MOVED' },
        { level: 'warning', code: 'MOVED' },
      ],
      says: [/the client does not go where the cluster sends it/],
    },
    'one connection to Redis without a password': {
      evidence: evidence({ connections: sessions(1, refusing({ code: 'NOAUTH' }, 'redis')) }),
      finds: [{ level: 'warning', code: 'NOAUTH' }],
    },
  },
  quiet: {
    'Redis sends the client on, and it goes there': evidence({
      connections: sessions(1, moved, { server: '10.244.2.7:6379' }),
      applications: [ofNode('10.244.2.7', 3, 3), ofNode('10.244.2.8', 3, 0)],
    }),
    'Redis sends the client on now and then': evidence({
      connections: sessions(1, moved, { server: '10.244.2.7:6379' }),
      applications: [ofNode('10.244.2.7', 90, 3)],
    }),
    'SMTP knows no EHLO': evidence({
      connections: sessions(3, refusing({ code: '502', fatal: false }, 'mail')),
    }),
    'memcached refuses one of three': evidence({
      connections: sessions(2, () => ({ ...refusing({ code: 'SERVER_ERROR' }, 'memcached')(), answers: 3 })),
    }),
    'an error of a statement': evidence({ connections: sessions(3, refusing({ code: '42P01', fatal: false })) }),
    'one refusal among many answers': evidence({
      connections: sessions(3, () => ({ ...refusing({ code: '1045' }, 'mysql')(), answers: 9 })),
    }),
    'nothing notable': evidence({ connections: sessions(3, () => null) }),
  },
  notes: {
    'one of many connections': evidence({
      connections: sessions(1, refusing({ code: '53300' })),
      applications: [use({ protocol: 'postgresql', connections: 40 })],
    }),
  },
});
