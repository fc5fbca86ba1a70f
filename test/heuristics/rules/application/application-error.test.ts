import type { ApplicationError } from '../../../../src/flows/evidence/evidence.ts';
import { applicationError } from '../../../../src/heuristics/rules/application/application-error.ts';
import { applicationFacts, applicationError as error, sessions, use } from '../../../support/application-items.ts';
import { evidence, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

type Spoken = 'postgresql' | 'mysql' | 'redis' | 'mail' | 'memcached';
/** Sessions with one error that ends them, of so many answers. */
const ends = (protocol: Spoken, answers: number, some: Partial<ApplicationError> = {}) =>
  evidence({
    connections: sessions(2, () =>
      applicationFacts({
        openings: [protocol, 'unknown'],
        protocol,
        answers,
        errors: 1,
        messages: [error({ kind: 'server-error', fatal: true, request: null, ...some, requested: 0.004 })],
      }),
    ),
  });
const refused = (count: number, connections = count) =>
  evidence({
    connections: sessions(count, refusing({ code: '28000' })),
    applications: [use({ protocol: 'postgresql', connections })],
  });
/** A client that is sent on three times, of so many answers, and what it does elsewhere. */
const sentOn = (answers: number, ...elsewhere: ReturnType<typeof use>[]) =>
  evidence({
    connections: sessions(1, moved, { server: '10.244.2.7:6379' }),
    applications: [ofNode('10.244.2.7', answers, 3), ...elsewhere],
  });

verdicts(applicationError, {
  'one connection': [refused(1), 'warning'],
  'two connections': [refused(2), 'error', { sessions: 2, all: 2, grade: 'confirmed' }],
  'two of four connections': [refused(2, 4), 'error', { sessions: 2, all: 4 }],
  'two of five connections': [refused(2, 5), 'note', { all: 5 }],
  'an error that ends nothing': [ends('postgresql', 1, { fatal: false }), 'nothing'],
  'another kind of answer': [ends('postgresql', 1, { kind: 'status' }), 'nothing'],
  'at the fourth answer of a login': [ends('postgresql', 4), 'error'],
  'at the fifth answer of a login': [ends('postgresql', 5), 'nothing'],
  'at the fourth answer of MySQL': [ends('mysql', 4), 'error'],
  'at the fifth answer of Redis': [ends('redis', 5), 'nothing'],
  'at the sixth answer of mail': [ends('mail', 6), 'error'],
  'at the seventh answer of mail': [ends('mail', 7), 'nothing'],
  'half of the answers of what has no login': [ends('memcached', 2), 'error'],
  'less than half of the answers of what has no login': [ends('memcached', 3), 'nothing'],
  'what most of them are told': [
    evidence({
      connections: ['53300', '28000', '28000'].flatMap((code, at) =>
        sessions(1, refusing({ code, text: code }), { client: `10.244.1.5:${50_000 + at}` }),
      ),
    }),
    'error',
    { code: '28000', text: '28000', sessions: 3 },
  ],
  'sent on three times, of six answers': [sentOn(6), 'warning', { code: 'MOVED' }],
  'sent on three times, of seven answers': [sentOn(7), 'nothing'],
  'sent on, and answered there': [sentOn(6, ofNode('10.244.2.8', 5, 4)), 'nothing'],
  'sent on, and refused there': [sentOn(6, ofNode('10.244.2.8', 5, 5)), 'warning'],
  'sent on, and answered elsewhere': [sentOn(6, ofNode('10.244.2.9', 5, 0)), 'warning'],
  'sent on, and another is answered there': [
    sentOn(6, { ...ofNode('10.244.2.8', 5, 0), client: '10.244.1.6' }),
    'warning',
  ],
});
