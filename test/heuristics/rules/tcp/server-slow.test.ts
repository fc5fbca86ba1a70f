import { serverSlow } from '../../../../src/heuristics/rules/tcp/server-slow.ts';
import { use } from '../../../support/application-items.ts';
import { midStream } from '../../../support/ending-items.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';
import { pause, segment, shut, turn } from '../../../support/segment-items.ts';

const SLOW = [turn(1, 2), turn(5, 2.5)];
const talk = (rest = {}) => connection({ turns: 4, slowTurns: SLOW, ...rest }, { established: true });

/** Requests of one client, each sent `pause` seconds after the answer to the one before. */
const inTurn = (waits: number[], pause: number, some: Parameters<typeof turn>[2] = {}) => {
  let at = 1;
  return waits.map((seconds) => {
    const one = turn(at, seconds, { thinkSeconds: pause, ...some });
    at += seconds + pause;
    return one;
  });
};
const polling = (waits: number[], pause: number, some: Parameters<typeof turn>[2] = {}) =>
  talk({ turns: waits.length, slowTurns: inTurn(waits, pause, some) });
/** Redis clients of a shell: one connection for each BLPOP. */
const shellPolls = (pause: number) =>
  [1.5, 2.4, 1.7, 3.1]
    .map((seconds, index) =>
      talk({
        client: `10.244.1.5:${40000 + index}`,
        turns: 1,
        syn: [10 * index],
        slowTurns: [turn(10 * index + 0.01, seconds, { thinkSeconds: null, answerOctets: 21 })],
        first: 10 * index,
        last: 10 * index + seconds + 0.02,
      }),
    )
    .map((one, index, all) => {
      // Each begins `pause` seconds after the answer to the one before.
      const start = all.slice(0, index).reduce((sum, { slowTurns }) => sum + slowTurns[0].seconds + pause + 0.01, 0);
      const shift = start - one.first.time;
      const moved = <T extends { time: number }>(ref: T): T => ({ ...ref, time: ref.time + shift });
      const [only] = one.slowTurns;
      return {
        ...one,
        syn: one.syn.map(moved),
        first: moved(one.first),
        last: moved(one.last),
        slowTurns: [{ ...only, request: moved(only.request), response: moved(only.response!) }],
      };
    });

/** Requests to one server at the same moment, each on its own connection, answered after `waits`. */
const queued = (waits: number[]) =>
  waits.map((seconds, at) =>
    talk({ client: `10.244.1.5:${42000 + at}`, server: '10.244.3.3:80', turns: 1, slowTurns: [turn(1, seconds)] }),
  );
/** The one connection of that server to its database, with a request after the other. */
const shared = (seconds: number, begins = [0, 1, 2, 3].map((at) => at * seconds)) =>
  talk({
    client: '10.244.3.3:43000',
    server: '10.244.2.2:5432',
    turns: begins.length,
    slowTurns: begins.map((at) => turn(1 + at, seconds)),
  });

/** A proxy waits for an application, which waits for its database. */
const proxied = talk({
  client: '10.244.1.5:40000',
  server: '10.244.3.3:80',
  turns: 2,
  slowTurns: [turn(1, 2.05), turn(5, 2.05)],
});
const served = talk({
  client: '10.244.3.3:41000',
  server: '10.244.2.2:8080',
  turns: 2,
  slowTurns: [turn(1.01, 2.03), turn(5.01, 2.03)],
});
const stored = talk({
  client: '10.244.2.2:42000',
  server: '10.244.4.4:5432',
  turns: 90,
  slowTurns: [turn(1.02, 2), turn(5.02, 2)],
});

const behindService = ['10.244.2.7:80', '10.244.2.8:80'].map((server, index) =>
  talk({ client: `10.244.1.5:${40000 + index}`, server }),
);

/** A TLS connection of one client: its handshake waits `seconds` for the server, then `turns` quick exchanges. */
const handshaking = (client: number, seconds: number, turns = 1) =>
  talk({
    client: `10.244.1.${client}:40000`,
    turns: 1 + turns,
    tlsTurns: 1,
    slowTurns: seconds < 0.1 ? [] : [turn(1, seconds, { tls: true })],
  });

/** A proxy lets two requests wait for 3 s. */
const waiting = [1, 6].map((at) =>
  talk({ client: `10.244.1.5:${44000 + at}`, server: '10.244.3.3:80', turns: 1, slowTurns: [turn(at, 3)] }),
);
const toBackend = (at: number) => ({
  client: `10.244.3.3:${45000 + Math.round(at * 100)}`,
  server: '10.244.2.77:9012',
  first: at,
});
/** It tries a backend that does not answer, twice. */
const dead = (at: number) => connection({ ...toBackend(at), syn: [at, at + 1], last: at + 1 });
const taken = (at: number) =>
  connection({ ...toBackend(at), server: '10.244.2.78:9012', syn: [at], synAck: [at + 0.001] }, { established: true });

ruleTable(serverSlow, {
  fires: {
    'TLS handshakes that wait for the ServerHello, however many quick exchanges follow': {
      evidence: evidence({ connections: [handshaking(5, 3, 40), handshaking(6, 2.9, 40)] }),
      finds: [{ key: '10.244.2.7:80 TLS', measured: { slow: 2, turns: 2, longestSeconds: 3 }, unanswered: 0 }],
      says: [/up to 3\.0 s for its part of the TLS handshake \(2 of 2 handshake exchanges\)/],
    },
    'equal waits in TLS handshakes: not a long poll': {
      evidence: evidence({ connections: [5, 6, 7, 8].map((client) => handshaking(client, 3)) }),
      finds: [{ held: null, measured: { slow: 4, turns: 4 } }],
    },
    'slow answers on TLS connections with quick handshakes': {
      evidence: evidence({ connections: [talk({ turns: 3, tlsTurns: 1 })] }),
      finds: [{ key: '10.244.2.7:80', measured: { slow: 2, turns: 2 } }],
      says: [/takes up to 2\.5 s to answer \(2 of 2 exchanges are slow\)/],
    },
    'a receive window that was shut before the requests, and open again': {
      evidence: evidence({ connections: [talk({ zeroWindowSpans: [shut(1, 0.2, 0.6)] })] }),
      finds: [{ measured: { slow: 2 } }],
    },
    'acknowledged at once, answered late': {
      evidence: evidence({ connections: [talk()] }),
      finds: [{ grade: 'confirmed', key: '10.244.2.7:80', measured: { slow: 2, turns: 4, longestSeconds: 2.5 } }],
      says: [/takes up to 2\.5 s to answer \(2 of 4 exchanges are slow\)/],
    },
    'over several connections': {
      evidence: evidence({
        connections: [
          talk({ turns: 1, slowTurns: [turn(1, 2)] }),
          talk({ client: '10.244.1.6:40000', turns: 1, slowTurns: [turn(1, 3)] }),
        ],
      }),
      finds: [{ reach: 2, conversations: [0, 1], subject: { client: null } }],
    },
    'waits of different length: work, not a timer': {
      evidence: evidence({ connections: [talk({ turns: 3, slowTurns: [turn(1, 4), turn(6, 4.4), turn(11, 3.6)] })] }),
      finds: [{ held: null }],
    },
    'equal waits for large answers': {
      evidence: evidence({
        connections: [
          talk({
            turns: 3,
            slowTurns: [turn(1, 4), turn(6, 4), turn(11, 4)],
            toClient: { payloadOctets: 27_000, dataSegments: 20 },
          }),
        ],
      }),
      finds: [{ held: null }],
    },
    'two endpoints of one service are one finding': {
      evidence: evidence({
        connections: behindService,
        paths: behindService.map((one) => ({ of: [one], serverBeforeNat: '10.96.0.20:80' })),
      }),
      finds: [{ key: '10.96.0.20:80', reach: 4 }],
    },
    'over IPv6': {
      evidence: evidence({ connections: [talk({ client: '[fd00::5]:40000', server: '[fd00::7]:80' })] }),
      finds: [{ key: '[fd00::7]:80' }],
      says: [/"on":"fd00::7"/],
    },
    'in a chain of waits, the innermost: however many quick exchanges it has': {
      evidence: evidence({ connections: [proxied, served, stored] }),
      finds: [{ key: '10.244.4.4:5432', subject: { server: '10.244.4.4:5432' }, conversations: [2, 0, 1] }],
      says: [
        /10\.244\.1\.5 waits 2\.05 s for 10\.244\.3\.3:80, which waits 2\.03 s for .*:8080, which waits 2\.00 s for/,
      ],
    },
    'in a chain whose inner connection began before the capture: it fills the waits of the outer ones': {
      evidence: evidence({
        connections: [
          ...[0, 4].map((at) =>
            talk({
              client: `10.244.1.5:${43000 + at}`,
              server: '10.244.2.20:8080',
              turns: 1,
              slowTurns: [turn(1 + at, 2.1)],
            }),
          ),
          connection({
            ...midStream,
            client: '10.244.2.20:55662',
            server: '10.244.4.4:5432',
            turns: 2,
            slowTurns: [turn(1.005, 2.05), turn(5.005, 2.05)],
          }),
        ],
      }),
      finds: [{ key: '10.244.4.4:5432', slow: 2, subject: { server: '10.244.4.4:5432' } }],
    },
    'a database behind a connection that all requests share: each waits for several answers of it': {
      evidence: evidence({ connections: [...queued([1.5, 3, 4.5, 6]), shared(1.5)] }),
      finds: [{ key: '10.244.2.2:5432', subject: { server: '10.244.2.2:5432' }, reach: 4 }],
    },
    'the outer one, whose answers do not follow those of the database: other work asks it all the time': {
      evidence: evidence({ connections: [...queued([3.7, 4.8]), shared(1.2)] }),
      finds: [{ key: '10.244.3.3:80' }, { key: '10.244.2.2:5432' }],
    },
    'the outer one, whose answers follow one short wait for the database': {
      evidence: evidence({ connections: [...queued([6, 6.001]), shared(1.5, [4.5])] }),
      finds: [{ key: '10.244.3.3:80' }],
    },
    'a proxy that tries a dead backend only at the end of the wait': {
      evidence: evidence({ connections: [...waiting, dead(3.5), dead(8.5)] }),
      finds: [{ key: '10.244.3.3:80' }],
    },
    'a proxy of which one backend is dead and another takes the connection meanwhile': {
      evidence: evidence({
        connections: [...waiting, ...[1.01, 6.01].flatMap((at) => [dead(at), taken(at + 0.1)])],
      }),
      finds: [{ key: '10.244.3.3:80' }],
    },
    'the outer one, where it waits for nobody': {
      evidence: evidence({ connections: [proxied, talk({ client: '10.244.9.9:1', server: '10.244.2.2:8080' })] }),
      finds: [{ key: '10.244.3.3:80' }, { key: '10.244.2.2:8080' }],
    },
    'unequal waits of a client that works with the answer': {
      evidence: evidence({ connections: [polling([1.5, 2.4, 1.7, 3.1], 0.4)] }),
      finds: [{ held: null }],
    },
    'unequal waits for different requests': {
      evidence: evidence({
        connections: [
          talk({
            turns: 4,
            slowTurns: inTurn([1.5, 2.4, 1.7, 3.1], 0.001).map((one, at) => ({ ...one, requestOctets: 100 + 50 * at })),
          }),
        ],
      }),
      finds: [{ held: null }],
    },
    'unequal waits for large answers': {
      evidence: evidence({ connections: [polling([1.5, 2.4, 1.7, 3.1], 0.001, { answerOctets: 20_000 })] }),
      finds: [{ held: null }],
    },
    'a gateway that gives up after the same time, and a client that asks again later': {
      evidence: evidence({ connections: [polling([3, 3.001, 3.002, 3], 0.31)] }),
      finds: [{ held: null }],
    },
    'equal waits, asked again at once: work that takes its time': {
      evidence: evidence({ connections: [polling([2, 2.01, 2, 2.02], 0.001)] }),
      finds: [{ held: null }],
    },
    'no acknowledgement was seen alone': {
      evidence: evidence({ connections: [talk({ slowTurns: SLOW.map((one) => ({ ...one, ackTime: null })) })] }),
      finds: [{ grade: 'inferred' }],
    },
  },
  notes: {
    'two waits and a third that the end of the capture cuts off': evidence({
      connections: [
        talk({
          turns: 2,
          slowTurns: [...inTurn([4.9, 3], 0.003), turn(8.906, 51, { response: null })],
        }),
      ],
    }),
    'two requests that ask to be answered later': evidence({
      connections: [talk({ turns: 2, slowTurns: SLOW })],
      applications: [use({ protocol: 'redis', held: 2 })],
    }),
    'blocking reads on one connection: unequal waits, asked again at once': evidence({
      connections: [polling([1.5, 2.4, 1.7, 3.1], 0.003)],
    }),
    'blocking reads of which some end within a second': evidence({
      connections: [polling([0.8, 1.2, 0.9, 1.6], 0.003)],
    }),
    'blocking reads on a connection each': evidence({ connections: shellPolls(0.013) }),
    'blocking reads of a worker beside quick exchanges': evidence({
      connections: [{ ...polling([1.4, 2, 3.1, 1.4], 0.001), turns: 12 }],
    }),
    'long polls: equal waits for small answers': evidence({
      connections: [talk({ turns: 3, slowTurns: inTurn([4, 4.003, 4.001], 0.01) })],
    }),
    'long polls beside quick exchanges': evidence({
      connections: [talk({ turns: 3, slowTurns: inTurn([4, 4.003, 4.001], 0.01) }), talk({ turns: 5, slowTurns: [] })],
    }),
  },
  quiet: {
    'a proxy that waits for connections that its backend does not take': evidence({
      connections: [...waiting, dead(1.01), dead(6.01)],
    }),
    'peers that speak by timers of their own': evidence({
      connections: [
        talk({
          turns: 9,
          slowTurns: [9.9, 9.6, 8.9, 8.9, 8.8, 8.7, 8.3].map((seconds, at) =>
            turn(1 + at * 10 + (10 - seconds), seconds),
          ),
        }),
      ],
    }),
    'most exchanges of the server are quick': evidence({ connections: [talk({ turns: 20 })] }),
    'one slow TLS handshake, and one slow answer': evidence({
      connections: [handshaking(5, 3), talk({ client: '10.244.1.6:1', turns: 2, slowTurns: [turn(1, 3)] })],
    }),
    'most TLS handshakes of the server are quick': evidence({
      connections: [5, 6, 7, 8, 9, 10, 11].map((client) => handshaking(client, client < 7 ? 3 : 0.01)),
    }),
    'one slow answer': evidence({ connections: [talk({ turns: 1, slowTurns: [turn(1, 9)] })] }),
    'the server speaks unasked: a chat or push channel': evidence({
      connections: [talk({ idleGaps: [pause(4, 20, 1)] })],
    }),
    'the request was lost and sent again': evidence({
      connections: [talk({ events: [segment(1.5, 'retransmission', 0), segment(5.5, 'retransmission', 0)] })],
    }),
    'the answer was lost': evidence({
      connections: [
        talk({ events: [segment(2.9, 'previousSegmentNotCaptured', 1), segment(7, 'previousSegmentNotCaptured', 1)] }),
      ],
    }),
    'the client’s window was shut': evidence({ connections: [talk({ zeroWindowSpans: [shut(0, 1, 8)] })] }),
    'less than a second': evidence({ connections: [talk({ slowTurns: [turn(1, 0.9), turn(5, 0.8)] })] }),
    'a long path: two round trips': evidence({ connections: [talk({ handshakeServerSide: 1 })] }),
    'nothing was answered': evidence({
      connections: [talk({ slowTurns: SLOW.map((one) => ({ ...one, response: null })) })],
    }),
    'roles are guessed': evidence({ connections: [talk({ rolesFrom: 'guess' })] }),
  },
});
