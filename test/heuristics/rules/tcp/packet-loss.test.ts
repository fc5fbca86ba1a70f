import { expect, test } from 'vitest';
import { packetLoss } from '../../../../src/heuristics/rules/tcp/packet-loss.ts';
import { ending } from '../../../support/ending-items.ts';
import {
  connection,
  datagram,
  echo,
  endpoint,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ref,
  ruleTable,
} from '../../../support/evidence.ts';
import { repeat, segment, shut } from '../../../support/segment-items.ts';

/** A download of 1,000 segments. */
const download = (toClient = {}, toServer = {}, rest = {}) =>
  connection(
    {
      toClient: { packets: 1010, dataSegments: 1000, payloadOctets: 1e6, ...toClient },
      toServer: { packets: 500, ackHigh: 1e6, ...toServer },
      ...rest,
    },
    { established: true },
  );
const hop = (some = {}) => ({
  direction: 1 as const,
  from: 1,
  to: 0,
  packets: 1000,
  matched: 990,
  lost: 10,
  lostData: 10,
  ...some,
});
/** Sixty requests, each answered by two segments; `trouble` by number. */
const requests = (trouble: Record<number, object>, synAck: number[] = [0.001]) =>
  Array.from({ length: 60 }, (_, at) =>
    connection(
      {
        client: `10.244.1.5:${40_000 + at}`,
        syn: [0],
        synAck,
        toServer: { packets: 5, dataSegments: 1 },
        toClient: { packets: 5, dataSegments: 2, ...trouble[at] },
      },
      { established: true },
    ),
  );
const again = (what: object) => ({ retransmissions: 1, ...what });
const gone = { retransmissions: 3, repeats: [repeat({ sendings: 4, ackedTime: null })] };
/** Sixteen segments, six of them sent again by timeout in three stalls of a second. */
const short = (some: object = {}) =>
  download({
    packets: 20,
    dataSegments: 16,
    retransmissions: 6,
    timeoutRetransmissions: 6,
    repeats: [1, 3, 5].map((at) => repeat({ times: [at, at + 0.3, at + 0.9], ackedTime: at + 1 })),
    ...some,
  });
const points = [point({ name: 'node1 nic', role: 'node-nic' }), point({ name: 'node2 nic', role: 'node-nic' })];
const twoPoints = (some = {}, retransmissions = 10) => {
  const [near, far] = [download({ retransmissions }), download({ retransmissions }, {}, { point: 1 })];
  return evidence({ points, connections: [near, far], paths: [{ of: [near, far], hops: [hop(some)] }] });
};

/** Datagrams of one flow, of which a hop lost some. */
const flow = (point: number) =>
  datagram({ point, client: '10.244.1.5:40000', server: '10.244.2.8:5060', packets: [150, 140] });
const datagramsLost = (some = {}) => {
  const [near, far] = [flow(0), flow(1)];
  const one = { direction: 0 as const, from: 0, to: 1, packets: 150, matched: 135, lost: 15, ...some };
  return evidence({ points, datagrams: [near, far], paths: [{ of: [near, far], hops: [one] }] });
};

/** Four lookups, each from a port of its own. The second point sees one of them, and `replies` packets answer the others. */
const lookups = (replies: number, octets = 80) => {
  const pairs = [0, 1, 2, 3].map((nth) => {
    const client = `10.244.1.5:${40_000 + nth}` as const;
    const packets: [number, number] = [1, nth === 0 ? 1 : replies];
    const near = datagram({ point: 0, client, server: '10.244.2.8:53', packets });
    return nth === 0 ? [near, datagram({ point: 1, client, server: '10.244.2.8:53', packets })] : [near];
  });
  const hop = { direction: 0 as const, from: 0, to: 1, packets: 1 };
  return evidence({
    points,
    datagrams: pairs.flat(),
    paths: pairs.map((of, nth) => ({
      of,
      hops: [
        {
          ...hop,
          ...(nth === 0
            ? { matched: 1, lost: 0, largestArrived: 80 }
            : { matched: 0, lost: 1, smallestLost: octets, largestLost: octets }),
        },
      ],
    })),
  });
};

/** A server's answer of 493 octets that the client goes on asking for; it ends the connection 7 s after its request. */
const iss = 7000;
const answer = (toClient: object, toServer: object = {}, rest: object = {}) =>
  connection(
    {
      toServer: { packets: 5, dataSegments: 1, ackHigh: iss + 1, last: ref(7), ...toServer },
      toClient: { packets: 9, dataSegments: 7, iss, ...toClient },
      last: ref(7.1),
      ...rest,
    },
    { established: true },
  );
const inVain = (some: object = {}) => ({
  repeats: [
    repeat({
      seqStart: 1,
      seqEnd: 494,
      l3Length: 545,
      times: [0.1, 0.3, 0.7, 1.5, 3.1, 6.3],
      ackedTime: null,
      ...some,
    }),
  ],
});
const missing = (some: object = {}) => ({
  dataSegments: 0,
  holes: [{ seqStart: 1, seqEnd: 494, noticed: ref(7.1), filledTime: null, acknowledged: false, ...some }],
});

/** Twenty pings, one a second; those of `silent` get no reply. */
const pings = (silent: readonly number[], some: Parameters<typeof echo>[0] = {}, large: readonly number[] = []) =>
  evidence({
    echoes: Array.from({ length: 20 }, (_, second) =>
      echo({
        request: second,
        sequence: second,
        ...(silent.includes(second) && { reply: null }),
        ...(large.includes(second) && { l3Length: 1500 }),
        ...some,
      }),
    ),
  });

/** The client ends; its FIN is sent at these times and not acknowledged. The server is heard until `heard`. */
const FIN_TIMES = [5, 5.2, 5.6, 6.4, 8];
const finOf = (port: number, times = FIN_TIMES, back: object = {}, more: object = {}) =>
  connection(
    {
      client: `10.244.1.5:${port}`,
      events: times.slice(1).map((time) => segment(time, 'retransmission', 0)),
      toServer: {
        fins: times.length,
        finsAgain: times.length - 1,
        unackedOctets: 1,
        unackedSince: ref(times[0]),
        last: ref(times[times.length - 1]),
      },
      toClient: { dataSegments: 3, last: ref(4), ...back },
      ...more,
    },
    { established: true },
  );
const finsLost = (connections: ReturnType<typeof finOf>[], heard = 7) =>
  evidence({ hosts: [hostActivity('10.244.2.7', { firstSent: 0, lastSent: heard })], connections });
/** At the client: it ends at 5 s, and the answer to that is numbered after a FIN that never came. */
const neverCame = (port: number, some: object = {}, hole: object = {}) =>
  connection(
    {
      client: `10.244.1.5:${port}`,
      toServer: { fins: 1, ackHigh: 7501 },
      toClient: {
        iss: 7000,
        seqHigh: 7502,
        dataSegments: 3,
        holes: [{ seqStart: 501, seqEnd: 502, noticed: ref(5), filledTime: null, acknowledged: false, ...hole }],
        ...some,
      },
    },
    { established: true },
  );
/** Requests every 0.2 s, each answered after 2 ms but for those in `lost`, for which the client waits `wait` seconds. */
const asking = (
  lost: number[],
  {
    wait = 1,
    requests = 30,
    late = 0.002,
    ...some
  }: Record<string, unknown> & { wait?: number; requests?: number; late?: number } = {},
) => {
  const sent: number[] = [];
  const back: number[] = [];
  let time = 0;
  for (let at = 0; at < requests; at++) {
    sent.push(time);
    if (!lost.includes(at)) back.push(time + late);
    time += lost.includes(at) ? wait : 0.2;
  }
  return datagram({ sent, back, ...some });
};

ruleTable(packetLoss, {
  fires: {
    'FINs that nobody acknowledges, and the other host goes on': {
      evidence: finsLost([finOf(40_000), finOf(40_001)]),
      finds: [{ level: 'warning', grade: 'inferred', measured: { lost: 2, sent: 2, sendings: 10 } }],
      says: [
        /FINs of 10\.244\.1\.5 do not reach 10\.244\.2\.7: in 2 of 2 connections that it ends, the FIN is sent 10 times/,
      ],
    },
    'FINs that never come, at their receiver': {
      evidence: evidence({ connections: [neverCame(40_000), neverCame(40_001)] }),
      finds: [{ level: 'warning', sender: '10.244.2.7', measured: { lost: 2, sent: 2 } }],
      says: [
        /FINs of 10\.244\.2\.7 do not reach 10\.244\.1\.5: in 2 of 2 connections that it ends, its numbers tell of a FIN/,
      ],
    },
    'UDP requests that get no answer between others that do': {
      evidence: evidence({ datagrams: [asking([5, 11, 20])] }),
      finds: [{ level: 'warning', grade: 'inferred', measured: { lost: 3, sent: 30 }, packetsTotal: 3 }],
      says: [/3 of 30 UDP requests \(10\.00 %\) of 10\.244\.1\.5 to 10\.244\.2\.7 port 5000 get no reply/],
    },
    'UDP requests, and answers to others come late': {
      evidence: evidence({
        datagrams: [{ ...asking([5, 11, 20]), unanswered: { ...asking([5, 11, 20]).unanswered!, answersAgain: 2 } }],
      }),
      finds: [{ level: 'warning', measured: { lost: 3, sent: 30 } }],
    },
    'UDP requests of several sockets': {
      evidence: evidence({
        datagrams: [4, 12, 21].map((lost, at) => asking([lost], { client: `10.244.1.5:${5100 + at}` })),
      }),
      finds: [{ level: 'warning', measured: { lost: 3, sent: 90 } }],
    },
    'some pings get no reply, at one point': {
      evidence: pings([3, 9, 15]),
      finds: [
        {
          level: 'warning',
          grade: 'inferred',
          packetsTotal: 3,
          place: 'between point and 10.244.2.7, there or back',
          measured: { lost: 3, sent: 20, exact: false },
        },
      ],
      says: [/3 of 20 echo requests \(15\.00 %\) of 10\.244\.1\.5 to 10\.244\.2\.7 get no reply/],
    },
    'datagrams, counted between two points': {
      evidence: datagramsLost({ smallestLost: 188, largestLost: 188, largestArrived: 188 }),
      finds: [{ level: 'error', grade: 'confirmed', between: [0, 1], measured: { lost: 15, sent: 150 } }],
      says: [/15 of 150 datagrams \(10\.00 %\) are lost between /, /^(?!.*TCP sends again)/s],
    },
    'datagrams that are short, and larger than all that passed': {
      evidence: datagramsLost({ smallestLost: 108, largestLost: 108, largestArrived: 60 }),
      finds: [{ level: 'error', between: [0, 1], measured: { lost: 15, sent: 150 } }],
    },
    'datagrams, each of its own socket, of which most are lost and one passes': {
      evidence: lookups(0),
      finds: [{ level: 'error', between: [0, 1], measured: { lost: 3, sent: 4 } }],
    },
    'at the sender: octets sent in vain while the other side goes on': {
      evidence: evidence({ connections: [answer(inVain())] }),
      finds: [{ level: 'error', grade: 'inferred', measured: { lost: 6, sent: 7, sendings: 6 } }],
      says: [/does not reach .*: in 1 connection the same octets are sent 6 times in all and never acknowledged/],
    },
    'at the receiver: answers that are missing before the last acknowledgement, twice': {
      evidence: evidence({
        connections: [answer(missing()), answer(missing(), {}, { client: '10.244.1.5:40001' })],
      }),
      finds: [{ level: 'error', measured: { lost: 2, sent: 2, missingOctets: 986 } }],
      says: [/in 2 connections 986 octets in all are missing before packets that come later/],
    },
    'the same where the capture ends soon after the connections': {
      evidence: evidence({
        points: [point({ quality: { lastTime: 8 } })],
        connections: [40_000, 40_001].map((port) =>
          answer(missing(), {}, { client: `10.244.1.5:${port}`, end: ending(7) }),
        ),
      }),
      finds: [{ measured: { missingOctets: 986 } }],
    },
    'counted between two points: 2 % and more is an error': {
      evidence: twoPoints({
        lost: 20,
        lostData: 20,
        matched: 980,
        largestArrived: 1500,
        smallestLost: 60,
        largestLost: 1500,
      }),
      finds: [{ grade: 'confirmed', between: [1, 0], measured: { lost: 20, sent: 1000, exact: true } }],
      says: [/20 of 1000 packets \(2\.00 %\) are lost between .*: 20 packets with data/],
    },
    'counted between two points: all kinds, and acknowledgements besides': {
      evidence: twoPoints({
        lost: 25,
        lostData: 17,
        lostControl: 3,
        matched: 980,
        largestArrived: 1500,
        smallestLost: 60,
      }),
      finds: [{ level: 'error', measured: { lost: 20, lostData: 17, lostWithAcknowledgements: 25 } }],
      says: [/20 of 1000 packets .*: 17 packets with data and 3 SYNs or FINs, and 5 acknowledgements/],
    },
    'from one point: a short transfer that loses a quarter and stands still': {
      evidence: evidence({ connections: [short()] }),
      finds: [{ measured: { lost: 6, sent: 16 } }],
      says: [/All that was sent again was acknowledged at last/],
    },
    'from one point: retransmissions that get through': {
      evidence: evidence({
        connections: [
          download(
            { retransmissions: 30, repeats: [repeat({ sendings: 2, ackedTime: 0.3 })] },
            {},
            { events: [segment(0.2, 'fastRetransmission', 1)] },
          ),
        ],
      }),
      finds: [{ grade: 'inferred', measured: { lost: 30, sent: 1000, exact: false } }],
      says: [/About 3\.00 % of the data from 10\.244\.2\.7 to 10\.244\.1\.5/],
    },
    'the second capture misses packets: acknowledgements are not told apart from lost ones, data is': {
      evidence: (() => {
        const [near, far] = [download({ retransmissions: 30 }), download({ retransmissions: 30 }, {}, { point: 1 })];
        const missed = hop({ unknown: { code: 'acknowledged-unseen' }, lost: 0, lostData: 0 });
        const bare = hop({ direction: 0, from: 0, to: 1, lost: 8, lostData: 0 });
        return evidence({ points, connections: [near, far], paths: [{ of: [near, far], hops: [bare, missed] }] });
      })(),
      finds: [{ grade: 'inferred', measured: { lost: 30, exact: false } }],
    },
    'late originals beside losses that the receiver tells apart by D-SACK': {
      evidence: evidence({
        connections: [
          download({ retransmissions: 137, outOfOrder: 92, spuriousRetransmissions: 65 }, { duplicateSacks: 92 }),
        ],
      }),
      finds: [{ measured: { lost: 45 } }],
    },
    'a window that is shut for moments, and losses besides': {
      evidence: evidence({
        connections: [
          download(
            { retransmissions: 30, repeats: [repeat({ times: [1.2, 1.4], ackedTime: 1.5 })] },
            {},
            { zeroWindowSpans: [shut(0, 1, 1.1)] },
          ),
        ],
      }),
      finds: [{ measured: { lost: 30 } }],
    },
    'many short connections, of which three lose a segment': {
      evidence: evidence({
        connections: requests({ 1: { retransmissions: 1 }, 4: { retransmissions: 1 }, 9: { retransmissions: 2 } }),
      }),
      finds: [
        {
          level: 'error',
          grade: 'inferred',
          sender: '10.244.2.7',
          conversations: [1, 4, 9],
          measured: { lost: 4, sent: 120, connections: 60, exact: false },
        },
      ],
      says: [/4 of 120 segments in 60 connections had to be sent again/],
    },
    'of two directions the one that loses': {
      evidence: evidence({
        connections: [
          connection(
            {
              toServer: { packets: 300, dataSegments: 100, retransmissions: 10 },
              toClient: { packets: 50, dataSegments: 50 },
            },
            { established: true },
          ),
        ],
      }),
      finds: [{ sender: '10.244.1.5' }],
    },
  },
  quiet: {
    'FINs in vain, and the other host is silent since the second': finsLost([finOf(40_000), finOf(40_001)], 5.3),
    'one FIN of many that arrive': finsLost([
      finOf(40_000),
      finOf(40_001),
      ...[2, 3, 4].map((at) =>
        connection({ client: `10.244.1.5:${40_000 + at}`, toServer: { fins: 1 } }, { established: true }),
      ),
    ]),
    'a FIN of one connection only': finsLost([finOf(40_000)]),
    'FINs that are sent twice': finsLost([finOf(40_000, [5, 5.2]), finOf(40_001, [5, 5.2])]),
    'FINs that are sent again within a second': finsLost([finOf(40_000, [5, 5.2, 5.6]), finOf(40_001, [5, 5.2, 5.6])]),
    'FINs that are answered by a reset': finsLost([
      finOf(40_000, FIN_TIMES, { resets: 1 }),
      finOf(40_001, FIN_TIMES, { resets: 1 }),
    ]),
    'data waits with the FIN': finsLost(
      [40_000, 40_001].map((port) => {
        const leg = finOf(port);
        leg.directions[0].unackedOctets = 101;
        return leg;
      }),
    ),
    'FINs that one connection shows to come': evidence({
      connections: [neverCame(40_000, { fins: 1 }), neverCame(40_001, { fins: 1 })],
    }),
    'one number is missing, and data follows it': evidence({
      connections: [neverCame(40_000, { seqHigh: 8000 }), neverCame(40_001, { seqHigh: 8000 })],
    }),
    'the missing number was acknowledged: the capture missed the FIN': evidence({
      connections: [neverCame(40_000, {}, { acknowledged: true }), neverCame(40_001, {}, { acknowledged: true })],
    }),
    'more than a FIN is missing in the capture': evidence({
      connections: [neverCame(40_000, { gapOctets: 1000 }), neverCame(40_001, { gapOctets: 1000 })],
    }),
    'two UDP requests without an answer': evidence({ datagrams: [asking([5, 11])] }),
    'UDP requests after the last answer: they stop': evidence({ datagrams: [asking([27, 28, 29], { wait: 0.3 })] }),
    'UDP requests that are sent on at once': evidence({ datagrams: [asking([5, 11, 20], { wait: 0.2, late: 0.12 })] }),
    'two streams of nearly the same pace': evidence({
      datagrams: [
        datagram({
          sent: Array.from({ length: 400 }, (_, at) => at * 0.02),
          back: Array.from({ length: 390 }, (_, at) => 0.001 + at * 0.0205),
        }),
      ],
    }),
    'a server that also sends by itself': evidence({
      datagrams: [{ ...asking([5, 11, 20]), unanswered: { ...asking([5, 11, 20]).unanswered!, answersAgain: 4 } }],
    }),
    'UDP requests that are answered late, after the next one': evidence({
      datagrams: [{ ...asking([5, 11, 20]), packets: [30, 29] }],
    }),
    'keep-alives of a NAT between probes that are answered (IPsec)': evidence({
      datagrams: [
        datagram({
          sent: Array.from({ length: 30 }, (_, at) => [at * 30, at * 30 + 20]).flat(),
          back: Array.from({ length: 30 }, (_, at) => at * 30 + 0.02),
          server: '10.244.2.7:4500',
        }),
      ],
    }),
    'data every 3 s through WireGuard, and a keep-alive 10 s after the first of it': evidence({
      datagrams: [
        datagram({
          sent: Array.from({ length: 60 }, (_, at) => at * 3),
          back: Array.from({ length: 15 }, (_, at) => at * 12 + 10),
          server: '10.244.2.7:51820',
        }),
      ],
    }),
    'SIP calls without a provisional answer: nothing answers the ACK': evidence({
      datagrams: [
        datagram({
          sent: Array.from({ length: 20 }, (_, at) => [at * 60, at * 60 + 0.02, at * 60 + 30]).flat(),
          back: Array.from({ length: 20 }, (_, at) => [at * 60 + 0.01, at * 60 + 30.01]).flat(),
          server: '10.244.2.7:5060',
        }),
      ],
    }),
    'few answers': evidence({ datagrams: [asking([2, 5, 8], { requests: 11 })] }),
    'UDP requests to a service that need not answer': evidence({
      datagrams: [asking([5, 11, 20], { server: '10.244.2.7:514' })],
    }),
    'UDP requests sent to all': evidence({ datagrams: [asking([5, 11, 20], { toGroup: [true, false] })] }),
    'the capture itself missed packets': evidence({
      points: [point({ quality: { gapOctets: 3e5, tcpOctets: 1e6 } })],
      datagrams: [asking([5, 11, 20])],
    }),
    'pings without a reply where the capture missed packets': {
      ...pings([3, 9, 15]),
      points: [point({ quality: { gapOctets: 3e5, tcpOctets: 1e6 } })],
    },
    'pings are not answered any more from some moment on': pings([17, 18, 19]),
    'pings are answered from some moment on': pings([0, 1, 2]),
    'large pings only': pings([3, 9, 15], {}, [3, 9, 15]),
    'two pings': pings([3, 9]),
    'pings to a group': pings([3, 9, 15], { toGroup: true }),
    'two datagrams of many': datagramsLost({ lost: 2, matched: 148 }),
    'datagrams, each of its own socket, of which the large ones are lost': lookups(0, 1400),
    'datagrams that the second point does not see and that are answered: they leave by another NIC': lookups(1),
    'datagrams where the second point proves nothing': datagramsLost({ unknown: { code: 'rows-not-kept' } }),
    'datagrams that are larger than all that passed': datagramsLost({
      smallestLost: 1400,
      largestLost: 1400,
      largestArrived: 500,
    }),
    'octets sent in vain, and the other side is gone too': evidence({
      connections: [answer(inVain(), { last: ref(0.2) })],
    }),
    'octets sent in vain that are too large for some links': evidence({
      connections: [answer(inVain({ l3Length: 1450 }))],
    }),
    'octets sent again, which the other side has acknowledged': evidence({
      connections: [answer(inVain(), { ackHigh: iss + 494 })],
    }),
    'octets sent into a shut window': evidence({
      connections: [answer(inVain(), {}, { zeroWindowSpans: [shut(0, 0.1, null)] })],
    }),
    'octets sent again within a second': evidence({
      connections: [answer(inVain({ times: [0.1, 0.3, 0.7] }))],
    }),
    'two connections lack octets for a moment, where the capture ends': evidence({
      points: [point({ quality: { lastTime: 8 } })],
      connections: [answer(missing()), answer(missing(), {}, { client: '10.244.1.5:40001' })],
    }),
    'one connection alone lacks octets at its end': evidence({ connections: [answer(missing())] }),
    'octets are missing in a capture that misses more': evidence({
      connections: [answer(missing()), answer({ ...missing(), gapOctets: 10 }, {}, { client: '10.244.1.5:40001' })],
    }),
    'octets are missing, and whole segments as large as some links do not carry': evidence({
      connections: [40_000, 40_001].map((port) =>
        answer(missing({ seqEnd: 1449 }), {}, { client: `10.244.1.5:${port}` }),
      ),
    }),
    'late behind a point that reorders: the sender sent nothing again, and all of it arrived': (() => {
      const [near, far] = [download({ retransmissions: 30 }), download({}, {}, { point: 1 })];
      return evidence({
        points,
        connections: [near, far],
        paths: [{ of: [near, far], hops: [hop({ matched: 1000, lost: 0, lostData: 0 })] }],
      });
    })(),
    'many short connections: what two of them lose may be their own': evidence({
      connections: requests({ 4: { retransmissions: 2 }, 9: { retransmissions: 2 } }),
    }),
    'many short connections: repeated SYN-ACKs are a full queue or lost acknowledgements': evidence({
      connections: requests(
        { 1: again({ synsAgain: 1 }), 4: again({ synsAgain: 1 }), 9: again({ synsAgain: 1 }) },
        [0.001, 1],
      ),
    }),
    'a short transfer: seven segments': evidence({ connections: [short({ dataSegments: 7 })] }),
    'a short transfer: less than a quarter': evidence({
      connections: [short({ dataSegments: 19, retransmissions: 4 })],
    }),
    'a short transfer: four timeouts': evidence({ connections: [short({ timeoutRetransmissions: 4 })] }),
    'a short transfer: it stood still for a moment': evidence({
      connections: [short({ repeats: [repeat({ times: [1, 1.3, 1.9], ackedTime: 2 })] })],
    }),
    'a short transfer: stalls at the same time count once': evidence({
      connections: [
        short({ repeats: [1, 1.2, 1.4].map((at) => repeat({ times: [at, at + 0.3], ackedTime: at + 1 })) }),
      ],
    }),
    'a short transfer: something never gets through': evidence({
      connections: [
        short({
          repeats: [
            repeat({ times: [1, 1.3, 3], ackedTime: 4 }),
            repeat({ times: [5, 5.3], ackedTime: 6 }),
            repeat({ times: [6, 6.3], ackedTime: null }),
          ],
        }),
      ],
    }),
    'many short connections: repeated FINs carry no data': evidence({
      connections: requests({ 1: again({ finsAgain: 1 }), 4: again({ finsAgain: 1 }), 9: again({ finsAgain: 1 }) }),
    }),
    'many short connections: a file with the same capture twice': evidence({
      points: [point({ quality: { timeSteps: 1, largestTimeStepBack: 37 } })],
      connections: requests({ 1: { retransmissions: 1 }, 4: { retransmissions: 1 }, 9: { retransmissions: 2 } }),
    }),
    'many short connections: three of them lose what never gets through': evidence({
      connections: requests({ 1: gone, 4: gone, 9: gone }),
    }),
    'many short connections: most of them are only counted': evidence({
      connections: requests({ 1: { retransmissions: 1 }, 4: { retransmissions: 1 }, 9: { retransmissions: 1 } }),
      openedLeftOut: [
        { point: 0, server: endpoint('10.244.2.7:80'), times: Array.from({ length: 9_000 }, (_, at) => at / 100) },
      ],
    }),
    'only large packets are lost': twoPoints({ largestArrived: 1400, smallestLost: 1450, largestLost: 1500 }),
    'late originals: the receiver reports no duplicates, and more came late than again': evidence({
      connections: [download({ retransmissions: 10, outOfOrder: 50 })],
    }),
    'spurious retransmissions': evidence({
      connections: [download({ retransmissions: 20, spuriousRetransmissions: 19 })],
    }),
    'the receiver had all of it, by D-SACK': evidence({
      connections: [download({ retransmissions: 20 }, { duplicateSacks: 19 })],
    }),
    'path MTU discovery at work': evidence({
      connections: [download({ retransmissions: 20 })],
      icmpErrors: [
        icmpError(0.1, {
          code: 4,
          mtu: 1400,
          quoted: quoted({ protocol: 6, source: '10.244.2.7:80', destination: '10.244.1.5:40000' }),
        }),
      ],
    }),
    'refused by a shut window': evidence({
      connections: [
        download(
          { retransmissions: 12, repeats: [repeat({ times: [1.05, 1.3], ackedTime: 1.31 })] },
          {},
          { zeroWindowSpans: [shut(0, 1, 1.1)] },
        ),
      ],
    }),
    'the capture itself misses packets': evidence({
      points: [point({ quality: { gapOctets: 3e5, tcpOctets: 1e6 } })],
      connections: [download({ retransmissions: 20 })],
    }),
    'nothing of it ever gets through': evidence({
      connections: [
        download({ retransmissions: 6, repeats: [repeat({ sendings: 7, ackedTime: null })], dataSegments: 30 }),
      ],
    }),
    'two of a hundred are too few': evidence({ connections: [download({ retransmissions: 2, dataSegments: 100 })] }),
    'less than half a percent': evidence({ connections: [download({ retransmissions: 4 })] }),
    'a short exchange says nothing about a share': evidence({
      connections: [download({ retransmissions: 3, dataSegments: 10 })],
    }),
    'absence at the second point may not be claimed': twoPoints({ unknown: { code: 'no-common-time' } }, 0),
  },
});

test('counted between two points: SYNs and FINs are lost, and no data: a warning', () => {
  const found = [
    ...packetLoss.detect(
      twoPoints({ lost: 22, lostControl: 20, lostData: 0, matched: 980, largestArrived: 1500, smallestLost: 60 }),
    ),
  ];
  expect(found).toMatchObject([
    { level: 'warning', measured: { lost: 20, lostData: 0, lostWithAcknowledgements: 22 }, lostControl: 20 },
  ]);
});
