import { idleClose } from '../../../../src/heuristics/rules/application/idle-close.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, ruleTable } from '../../../support/evidence.ts';

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
