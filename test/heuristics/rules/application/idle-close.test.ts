import { idleClose } from '../../../../src/heuristics/rules/application/idle-close.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

/** Connections of 5 s idle time; the next one begins `pause` after the end of the one before. */
const idle = (pause: number, some: (at: number) => object = () => ({})) =>
  each(3, (at, client) =>
    endedConnection(at * (5.1 + pause), ending(at * (5.1 + pause) + 5.1, { idleSeconds: 5, ...some(at) }), {
      client,
      turns: 2,
    }),
  );

ruleTable(idleClose, {
  fires: {
    'the same idle time, opened again at once': {
      evidence: evidence({ connections: idle(0.001) }),
      finds: [{ ended: 2, idle: 5, subject: { server: '10.244.2.7:80' } }],
      says: [/ends connections after 5\.00 s without data, and the client opens them again at once: 2 of 3/],
    },
    'on a long path': {
      evidence: evidence({
        connections: idle(0.25).map((one) => ({ ...one, handshakeServerSide: 0.1 })),
      }),
      finds: [{ ended: 2 }],
    },
  },
  notes: {
    'one connection, opened again at once': evidence({ connections: idle(0.001).slice(0, 2) }),
  },
  quiet: {
    'an idle pool: opened again when there is a request': evidence({ connections: idle(0.6) }),
    'idle times differ': evidence({ connections: idle(0.001, (at) => ({ idleSeconds: 5 - at })) }),
    'the client ends them': evidence({ connections: idle(0.001, () => ({ direction: 0 })) }),
    'a request crosses the end': evidence({ connections: idle(0.001, () => ({ crossed: true })) }),
    'a request was open': evidence({ connections: idle(0.001, () => ({ openRequest: true, waitedSeconds: 5 })) }),
    'never used': evidence({ connections: idle(0.001).map((one) => ({ ...one, turns: 0 })) }),
  },
});

/** Two connections: the first is ended after a while without data, the second is opened again after it. */
const pair = (idleSeconds: number, pause: number, first: object = {}, parts: object = {}) => {
  const [one, other] = each(2, (at, client) =>
    endedConnection(at * (10 + pause), ending(at * (10 + pause) + 10, { idleSeconds, ...(at === 0 ? first : {}) }), {
      client,
      turns: 2,
    }),
  );
  return evidence({ connections: [one, { ...other, ...parts }] });
};
const ONCE = { ended: 1, all: 2, pending: 'seen-once' };

verdicts(idleClose, {
  'opened again after 31 ms': [pair(2, 0.03125), 'note', ONCE],
  'opened again after 63 ms': [pair(2, 0.0625), 'nothing'],
  'opened again within a hundredth of the idle time': [pair(8, 0.0625), 'note', ONCE],
  'idle for a second': [pair(1, 0.03125), 'note', { ...ONCE, idle: 1 }],
  'idle for less than a second': [pair(0.999, 0.03125), 'nothing'],
  'opened before the end': [pair(2, -0.03125), 'nothing'],
  'another client opens one': [pair(2, 0.03125, {}, { client: { address: '10.244.1.6', port: 9 } }), 'nothing'],
  'the client ended it': [pair(2, 0.03125, { direction: 0 }), 'nothing'],
  'a request was open': [pair(2, 0.03125, { openRequest: true }), 'nothing'],
  'something was unread': [pair(2, 0.03125, { unread: true }), 'nothing'],
});
