import { httpError } from '../../../src/heuristics/rules/application/http-error.ts';
import { applicationError, applicationFacts, sessions, use } from '../../support/application-items.ts';
import { evidence } from '../../support/evidence.ts';
import { type Verdict, verdicts } from '../../support/verdicts.ts';

const SERVER = '10.244.2.7:80';
const error = (some: Parameters<typeof applicationError>[0] = {}) => applicationError({ code: '500', ...some });
/** Sessions of one client, each with one answer of this status. */
const withStatus = (code: string, count = 2, some: Parameters<typeof sessions>[2] = {}) =>
  sessions(
    count,
    (start) => applicationFacts({ messages: [error({ code, at: start + 0.4, requested: start + 0.1 })] }),
    some,
  );
const answers = (count: number, all: number, code = '500') =>
  evidence({ connections: withStatus(code, count), applications: [use({ answers: all, errors: count })] });

/** What each status says of the server (RFC 9110, 15; RFC 6585): a fault of it, of the request, or of neither. */
const STATUSES: Record<string, readonly number[]> = {
  warning: [400, 408, 413, 414, 421, 426, 429, 431, 500, 502, 503, 504, 506, 507, 511, 599],
  note: [401, 403, 404, 405],
  nothing: [402, 406, 407, 409, 410, 412, 415, 416, 417, 420, 422, 425, 427, 428, 430, 432, 451, 499, 501, 505],
};
const ofStatuses = Object.entries(STATUSES).flatMap(([found, codes]) =>
  codes.map((code): [string, Verdict] => [
    `status ${code}`,
    [evidence({ connections: withStatus(String(code)) }), found],
  ]),
);

/** One session of HTTP/2 with these ends of streams. */
const streams = (some: object[], facts: object = {}) =>
  evidence({
    connections: sessions(1, () =>
      applicationFacts({
        openings: ['http2', 'http2'],
        protocol: 'http2',
        messages: some.map((one, at) => error({ at: 1 + at, kind: 'stream-reset', code: '7', request: null, ...one })),
        ...facts,
      }),
    ),
  });

/** Of errors that are counted, a part is kept. */
const keptOf = (kept: number, counted: number, all: number) =>
  evidence({
    connections: sessions(1, () =>
      applicationFacts({ errors: counted, messages: Array.from({ length: kept }, (_, at) => error({ at: 1 + at })) }),
    ),
    applications: [use({ answers: all, errors: counted })],
  });

const cutOff = (first: object, second: object) => {
  const facts = [first, second].map((one) => ({ errorCut: true, code: '400', ...one }));
  return evidence({
    connections: sessions(2, (start) => {
      const { errorCut, code } = facts[start];
      return applicationFacts({ errorCut, messages: [error({ code, at: start + 0.4 })] });
    }),
  });
};

verdicts(httpError, {
  ...Object.fromEntries(ofStatuses),
  'one error': [evidence({ connections: withStatus('500', 1) }), 'nothing'],
  'half of the answers': [answers(2, 4), 'warning', { errors: 2, answers: 4, measured: { errors: 2, answers: 4 } }],
  'less than half of the answers': [answers(2, 5), 'nothing'],
  'more errors than answers that were counted': [answers(3, 2), 'warning', { errors: 3, answers: 3 }],
  'half of the requests are wrong': [answers(2, 4, '404'), 'note'],
  'less than half of the requests are wrong': [answers(2, 5, '404'), 'nothing'],
  'two errors are kept of four, of eight answers': [keptOf(2, 4, 8), 'warning'],
  'two errors are kept of four, of nine answers': [keptOf(2, 4, 9), 'nothing'],
  'two clients, one error each': [
    evidence({
      connections: [...withStatus('500', 1), ...withStatus('500', 1, { clientAddress: '10.244.1.6' })],
    }),
    'nothing',
  ],
  'two clients, of which one fares well': [
    evidence({
      connections: [...withStatus('500'), ...withStatus('404', 2, { clientAddress: '10.244.1.6' })],
    }),
    'warning and note',
    { key: `${SERVER} fault`, errors: 2 },
  ],
  'two clients, two errors each': [
    evidence({
      connections: [...withStatus('500'), ...withStatus('503', 3, { clientAddress: '10.244.1.6' })],
    }),
    'warning',
    { errors: 5, statuses: ['503', '500'], reach: 5, conversations: [0, 1, 2, 3, 4] },
  ],
  'two servers': [
    evidence({ connections: [...withStatus('500'), ...withStatus('500', 2, { server: '10.244.2.8:80' })] }),
    '2 warnings',
    { server: SERVER, errors: 2 },
  ],
  'a fault and a wrong request': [
    evidence({ connections: [...withStatus('500', 1), ...withStatus('404', 1, { syn: [5] })] }),
    'nothing',
  ],
  'the server ends two streams': [streams([{}, {}]), 'warning', { statuses: ['RST_STREAM REFUSED_STREAM'] }],
  'the client ends one of two streams': [streams([{}, { direction: 0 }]), 'nothing'],
  'one of two messages is no answer': [streams([{}, { kind: 'goaway' }]), 'nothing'],
  'the time since the first request': [
    evidence({ connections: withStatus('500') }),
    'warning',
    { seconds: 0.30000000000000004, request: 'GET /', packetsTotal: 4 },
  ],
  'requests that were not seen': [
    evidence({
      connections: sessions(2, (start) =>
        applicationFacts({ messages: [error({ at: start + 0.4, requested: null })] }),
      ),
    }),
    'warning',
    { seconds: null, packetsTotal: 2 },
  ],
  'two answers 400, cut off': [cutOff({}, {}), 'note', { isCut: true }],
  'two answers 400, of which one is whole': [cutOff({}, { errorCut: false }), 'warning', { isCut: false }],
  'two answers cut off, of which one is another': [cutOff({}, { code: '500' }), 'warning', { isCut: false }],
});
