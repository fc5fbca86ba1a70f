import { keepaliveRace } from '../../../../src/heuristics/rules/application/keepalive-race.ts';
import { endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, reset, ruleTable } from '../../../support/evidence.ts';

const race = (some = {}, parts = {}) =>
  evidence({
    connections: [
      endedConnection(0, ending(5, { idleSeconds: 3, ...some }), { turns: 2, resets: [reset(5.1, 1)], ...parts }),
    ],
  });

ruleTable(keepaliveRace, {
  fires: {
    'seen at the client: the end does not acknowledge the request': {
      evidence: race({ openRequest: true, unread: true, waitedSeconds: 0.05 }),
      finds: [{ key: '10.244.2.7:80', grade: 'confirmed', measured: { lost: 1, idleSeconds: 3 } }],
      says: [/closes idle connections while the client uses them again: 1 request is lost/],
    },
    'seen at the server: the request comes after the end': {
      evidence: race({ crossed: true }),
      finds: [{ lost: 1 }],
    },
    'the client knew of the end, asks all the same and is reset': {
      evidence: race({ ignored: true }),
      finds: [{ knew: 1 }],
    },
    'no reset was captured': {
      evidence: race({ crossed: true }, { resets: [] }),
      finds: [{ grade: 'inferred' }],
    },
  },
  quiet: {
    'a polite end': race(),
    'a farewell crosses the end': race({ crossed: true, requestOctets: 24 }),
    'the connection was busy': race({ openRequest: true, unread: true, idleSeconds: 0.05 }),
    'nothing had been answered on it': race({ crossed: true }, { turns: 0 }),
    'the client ends it': race({ crossed: true, direction: 0 }),
    'a reset answers the request: the server has forgotten the connection': race({
      openRequest: true,
      unread: true,
      byReset: true,
    }),
    'the client sends what is left, and is not reset': race({ ignored: true }, { resets: [] }),
    'two round trips of a long path': race({ crossed: true, idleSeconds: 1 }, { handshakeServerSide: 0.6 }),
  },
});
