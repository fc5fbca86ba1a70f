import { chattyApplication } from '../../../../src/heuristics/rules/application/chatty-application.ts';
import { midStream, roundTrips } from '../../../support/ending-items.ts';
import { connection, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';
import { pause } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
/** `turns` exchanges on a path of 0.1 s, `seconds` in all after the handshake. */
const talk = (turns: number, seconds: number, { toServer, ...some }: Parts = {}) =>
  evidence({
    connections: [
      connection(
        {
          turns,
          synAck: [0.1],
          handshakeAck: ref(0.1),
          handshakeServerSide: 0.1,
          handshakeClientSide: 0.0001,
          last: 0.1 + seconds,
          toServer: { payloadOctets: 50 * turns, dataSegments: turns, ...toServer },
          ...some,
        },
        { established: true },
      ),
    ],
  });

/** The same talk without its handshake, at its client and at its server. */
const atBothEnds = () => {
  const one = (point: number, there: number, back: number) => {
    const [made] = talk(60, 6.3, { ...midStream, point, rtt: [roundTrips(there), roundTrips(back)] }).connections;
    return made;
  };
  const [atClient, atServer] = [one(0, 0.1, 0.0001), one(1, 0.0001, 0.1)];
  return evidence({
    points: [point(), point({ name: 'server' })],
    connections: [atClient, atServer],
    paths: [{ of: [atClient, atServer] }],
  });
};

ruleTable(chattyApplication, {
  fires: {
    'over TLS: only exchanges of the application count': {
      evidence: talk(62, 6.3, { tlsTurns: 2 }),
      finds: [{ turns: 60 }],
    },
    'without a handshake, where two points show the way between them': {
      evidence: atBothEnds(),
      finds: [{ turns: 60 }],
    },
    'without a handshake, by the round trip of another connection of the same two': {
      evidence: evidence({
        connections: [
          ...talk(60, 6.3, { ...midStream, rtt: [roundTrips(0.1), roundTrips(0.0001)] }).connections,
          ...talk(1, 0.1, { client: '10.244.1.5:40009' }).connections,
        ],
      }),
      finds: [{ turns: 60 }],
    },
    'sixty questions of a round trip each': {
      evidence: talk(60, 6.3),
      finds: [{ turns: 60, grade: 'confirmed', subject: { server: '10.244.2.7:80' } }],
      says: [/60 exchanges one after another with 10\.244\.2\.7:80 cost a round trip of 100\.1 ms each: 6\.30 s/],
    },
    'with a pause between two lots of them': {
      evidence: talk(60, 36.3, { idleGaps: [pause(30, 20)] }),
      finds: [{ turns: 60 }],
    },
    'seen at the server': {
      evidence: talk(40, 4.2, { handshakeServerSide: 0.0001, handshakeClientSide: 0.1 }),
      finds: [{ turns: 40 }],
    },
  },
  quiet: {
    'fewer than twenty exchanges without those of the TLS handshake': talk(20, 2.2, { tlsTurns: 2 }),
    'without a handshake: the server may take that long': talk(60, 6.3, {
      ...midStream,
      rtt: [roundTrips(0.1), roundTrips(0.0001)],
    }),
    'inside one site': talk(60, 0.06, { handshakeServerSide: 0.0005, handshakeClientSide: 0.0005 }),
    'a person who types': talk(60, 40),
    'a server that takes its time': talk(60, 15),
    'large transfers': talk(60, 6.3, { toClient: { payloadOctets: 60 * 100_000, dataSegments: 5000 } }),
    'a handful of exchanges': talk(12, 1.3),
    'several at once': talk(60, 2),
    losses: talk(60, 6.3, { toServer: { resentSegments: 3 } }),
  },
});
