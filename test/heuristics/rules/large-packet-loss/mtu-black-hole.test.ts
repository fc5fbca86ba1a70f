import type {
  CaptureSummary,
  Evidence,
  PointQuality,
  RepeatedRange,
  SequenceHole,
  TcpDirection,
} from '../../../../src/flows/evidence/evidence.ts';
import { mtuBlackHole } from '../../../../src/heuristics/rules/large-packet-loss/mtu-black-hole.ts';
import {
  capture,
  connection,
  datagram,
  echo,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
  reset,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

const BACKOFF = [1, 1.2, 1.6, 2.4, 4];
const repeat = (some: Partial<RepeatedRange> = {}): RepeatedRange => ({
  seqStart: 135,
  seqEnd: 1583,
  l3Length: 1500,
  smallestL3Length: 1500,
  packets: BACKOFF.map(ref),
  sendings: BACKOFF.length,
  dontFragment: true,
  ackedTime: null,
  ackedPacket: null,
  reversePacketsMeanwhile: 0,
  ...some,
});
const sender = (some: Partial<TcpDirection> = {}): Partial<TcpDirection> => ({
  packets: 20,
  dataSegments: 12,
  largestL3: 1500,
  largestAckedL3: 186,
  unackedOctets: 15_000,
  unackedSince: ref(1),
  repeats: [repeat()],
  mss: 1460,
  ...some,
});
const upload = (
  toServer: Partial<TcpDirection> = {},
  last = 0.9,
  toClient: Partial<TcpDirection> = {},
  some: Parameters<typeof connection>[0] = {},
) =>
  connection(
    { toServer: sender(toServer), toClient: { packets: 3, last: ref(last), mss: 1460, ...toClient }, ...some },
    { established: true },
  );
const tooBig = (at: number, to = '10.244.1.5', where = 0) =>
  icmpError(at, {
    point: where,
    type: 3,
    code: 4,
    mtu: 1450,
    from: '10.244.1.1',
    to,
    quoted: quoted({ protocol: 6, source: '10.244.1.5:40000', destination: '10.244.2.7:80' }),
  });
const plain = upload();
/** The capture began when the sender had already waited twice and more as long each time. */
const late = (...at: number[]) =>
  connection({
    client: '10.244.1.5:39999',
    toServer: sender({
      packets: at.length,
      dataSegments: 1,
      largestAckedL3: 0,
      first: ref(at[0]),
      repeats: [repeat({ packets: at.map((time) => ref(time)), sendings: at.length })],
    }),
    toClient: { packets: 0, first: null, last: null },
  });
/** Another connection of the same two hosts, whose largest acknowledged packet has so many octets. */
const other = (largestAckedL3: number) =>
  connection(
    { toServer: { largestAckedL3, dataSegments: 2 }, toClient: { last: ref(9), dataSegments: 2 } },
    { established: true },
  );
/** Two points on the path; ICMP at the second only. */
function lostIcmp({
  captures = [capture()],
  ...quality
}: Partial<PointQuality> & { captures?: CaptureSummary[] } = {}): Evidence {
  const atSender = upload({}, 5);
  const atReceiver = upload({}, 5, {}, { point: 1 });
  return evidence({
    captures,
    points: [point({ name: 'sender', quality }), point({ name: 'receiver' })],
    connections: [atSender, atReceiver],
    paths: [{ of: [atSender, atReceiver] }],
    icmpErrors: [tooBig(1.01, '10.244.1.5', 1)],
  });
}
const two = [point({ name: 'sender' }), point({ name: 'receiver' })];
const healed = sender({
  unackedOctets: 0,
  unackedSince: null,
  repeats: [repeat({ packets: [ref(1), ref(1.01)], sendings: 2, ackedTime: 1.02 })],
});
const largeLost = {
  from: 0,
  to: 1,
  packets: 20,
  lost: 15,
  lostData: 15,
  matched: 5,
  largestArrived: 1400,
  smallestLost: 1500,
  largestLost: 1500,
  lostPackets: [ref(1)],
};
/** What a client sees of a black hole on the way back: ten full segments of 1448 octets and timestamps never come. */
const unfilled = (some: Partial<SequenceHole> = {}): SequenceHole => ({
  seqStart: 1,
  seqEnd: 14_481,
  noticed: ref(5),
  filledTime: null,
  acknowledged: false,
  ...some,
});
const behind = { mss: 1460, timestamps: true, packets: 3, last: ref(5), holes: [unfilled()], holesTotal: 1 };
const waiting = ({ toClient, ...some }: Parameters<typeof connection>[0] = {}) =>
  connection(
    {
      slowTurns: [turn(0.1, 4.9, { requestOctets: 8, ackTime: 0.11, response: null })],
      last: ref(5.1),
      ...some,
      toServer: { mss: 1460, timestamps: true, ...some.toServer },
      toClient: { ...behind, ...toClient },
    },
    { established: true },
  );
/** A ClientHello of two segments: the first is repeated in vain from 1 s on, the second was sent with it. */
const firstFlight = (toClient: Partial<TcpDirection> = {}, toServer: Partial<TcpDirection> = {}) =>
  upload(
    {
      packets: 10,
      dataSegments: 8,
      largestAckedL3: 254,
      unackedOctets: 1650,
      repeats: [repeat({ seqStart: 1, seqEnd: 1449 })],
      ...toServer,
    },
    1.00002,
    { packets: 2, syns: 1, ...toClient },
  );
/** The same at its server, which got the second segment at `at` and nothing after it. */
const firstFlightAtServer = (at: number) =>
  connection(
    {
      client: `10.244.1.5:${40_000 + at}`,
      syn: [at - 0.01],
      last: at,
      toServer: {
        mss: 1460,
        timestamps: true,
        largestL3: 254,
        last: ref(at),
        holes: [unfilled({ seqEnd: 1449, noticed: ref(at) })],
        holesTotal: 1,
      },
      toClient: { mss: 1460, timestamps: true },
    },
    { established: true },
  );
const pings = (sizes: [number, boolean][]) =>
  sizes.map(([l3Length, passes], at) =>
    echo({ id: at + 1, request: at, l3Length, ...(passes ? {} : { reply: null }) }),
  );

ruleTable(mtuBlackHole, {
  fires: {
    'two sendings in a capture that began late: the timeout had doubled before': {
      evidence: evidence({ connections: [late(2, 8.6), other(186)] }),
      finds: [{ largestPassed: 186, smallestLost: 1500, grade: 'inferred' }],
    },
    'the receiver goes on to send while the large segment is repeated': {
      evidence: evidence({ connections: [upload({}, 5)] }),
      finds: [{ smallestLost: 1500, largestPassed: 186, sendings: 5, grade: 'inferred', icmp: 'none' }],
      says: [/IP packets of 1500 octets never arrive \(sent 5 times\), up to 186 octets pass/],
    },
    'the receiver is silent from the first large segment on': {
      evidence: evidence({ connections: [upload()] }),
      finds: [{ grade: 'inferred', smallestLost: 1500 }],
    },
    'the same over IPv6, which has no don’t-fragment bit': {
      evidence: evidence({
        connections: [upload({ repeats: [repeat({ dontFragment: false })] }, undefined, {}, { ipVersion: 6 })],
      }),
      finds: [{ grade: 'inferred', smallestLost: 1500 }],
    },
    'two points: only large ones are lost between them': {
      evidence: evidence({
        points: two,
        connections: [plain],
        paths: [{ of: [plain], hops: [largeLost] }],
      }),
      finds: [{ grade: 'confirmed' }],
    },
    'ICMP comes to the sender, which goes on as before': {
      evidence: evidence({ connections: [upload({}, 5)], icmpErrors: [tooBig(1.01)] }),
      finds: [{ icmp: 'ignored', icmpMtu: 1450, grade: 'confirmed' }],
      says: [/10\.244\.1\.1 says the MTU is 1450/, /it ignores it/],
    },
    'ICMP is sent and does not come to the sender': {
      evidence: evidence({ points: two, connections: [upload({}, 5)], icmpErrors: [tooBig(1.01, '10.244.1.5', 1)] }),
      finds: [{ icmp: 'lost' }],
      says: [/-s 1422 10\.244\.2\.7/, /answered: the MTU that 10\.244\.1\.1 tells/],
    },
    'ICMP passes the second point and not the first: the place where it is lost': {
      evidence: lostIcmp(),
      finds: [{ icmp: 'lost', measured: { icmpLastSeen: 'receiver', icmpMissingAt: 'sender' } }],
      says: [/it passes receiver and is absent at sender/, /where it should have come next/],
    },
    'the same, but the first point was captured with a filter: no place is told': {
      evidence: lostIcmp({ captures: [capture({ filters: ['tcp port 80'] })], icmpPackets: 0 }),
      finds: [{ icmp: 'lost', measured: { icmpLastSeen: 'receiver', icmpMissingAt: null } }],
    },
    'the same, but the first point was not captured at the time of the ICMP': {
      evidence: lostIcmp({ firstTime: 1.5 }),
      finds: [{ icmp: 'lost', measured: { icmpLastSeen: 'receiver', icmpMissingAt: null } }],
    },
    'ICMP comes to the sender and quotes a translated packet': {
      evidence: evidence({
        connections: [upload({}, 5)],
        icmpErrors: [
          icmpError(1.01, {
            type: 3,
            code: 4,
            mtu: 1450,
            to: '10.244.1.5',
            quoted: quoted({ protocol: 6, source: '192.168.0.9:61000', destination: '10.244.2.7:80' }),
          }),
        ],
      }),
      finds: [{ icmp: 'ignored' }],
      says: [/it quotes a packet of 192\.168\.0\.9, not of 10\.244\.1\.5/],
    },
    'ICMP about another destination of the same sender, and the same port': {
      evidence: evidence({
        connections: [upload({}, 5)],
        icmpErrors: [
          icmpError(1.01, {
            type: 3,
            code: 4,
            mtu: 1280,
            to: '10.244.1.5',
            quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination: '172.16.9.9:80' }),
          }),
        ],
      }),
      finds: [{ icmp: 'none', icmpMtu: 0, icmpFrom: null }],
    },
    'two layers of encapsulation: what the sender may send is told': {
      evidence: evidence({
        connections: [upload({}, 5, {}, { encapsulation: ['ipip', 'vxlan'] })],
        tunnels: [tunnel({ kind: 'ipip', destinationPort: 0 }), tunnel({ kind: 'vxlan', depth: 1 })],
      }),
      finds: [{ overhead: { depth: 2, octets: 70 } }],
      says: [
        /echo 1402 1392 /,
        /VXLAN inside IPIP, which adds 70 octets: over links of 1500 the sender's MTU may be 1430 at most/,
      ],
    },
    'the outer packets of its tunnel are not joined with the inner ones': {
      evidence: evidence({
        connections: [upload()],
        tunnels: [
          tunnel({
            kind: 'vxlan',
            innerSources: [{ value: '10.244.1.5', count: 9 }],
            innerDestinations: [{ value: '10.244.2.7', count: 9 }],
          }),
        ],
      }),
      finds: [{ overhead: null, tunnelsSeen: true }],
      says: [/the packets travel in a tunnel, whose headers come on top/],
    },
    'a tunnel of other hosts says nothing of these': {
      evidence: evidence({
        connections: [upload()],
        tunnels: [
          tunnel({
            kind: 'vxlan',
            innerSources: [{ value: '10.244.1.5', count: 9 }],
            innerDestinations: [{ value: '10.244.2.8', count: 9 }],
          }),
          tunnel({
            kind: 'vxlan',
            innerSources: [{ value: '10.244.1.6', count: 9 }],
            innerDestinations: [{ value: '10.244.2.7', count: 9 }],
          }),
        ],
      }),
      finds: [{ overhead: null, tunnelsSeen: false }],
    },
    'the sender cuts its segments of its own accord, and then they pass': {
      evidence: evidence({
        connections: [
          upload({ unackedOctets: 0, repeats: [repeat({ smallestL3Length: 564, ackedTime: 4.01 })] }, 4.01),
        ],
      }),
      finds: [{ smallestLost: 1500, largestPassed: 564, grade: 'confirmed' }],
    },
    'cut segments draw the reset of a receiver that has closed meanwhile': {
      evidence: evidence({
        connections: [
          upload({ repeats: [repeat({ smallestL3Length: 564 })] }, 4.01, { resets: 1 }, { resets: [reset(4.01, 1)] }),
        ],
      }),
      finds: [{ smallestLost: 1500, largestPassed: 564 }],
    },
    'what followed the large segment drew a duplicate acknowledgement': {
      evidence: evidence({ connections: [upload({}, 1.01, { dupAcks: 1 })] }),
      finds: [{ smallestLost: 1500 }],
    },
    'datagrams of one service: small ones answered, large ones never': {
      evidence: evidence({
        datagrams: [128, 128, 128, 1378, 1378, 1378].map((size, at) =>
          datagram({
            client: `10.244.1.5:${5000 + at}`,
            server: '10.244.2.7:7000',
            sent: [at],
            back: size < 1000 ? [at + 0.1] : [],
            largestL3: [size, size < 1000 ? 128 : 0],
          }),
        ),
      }),
      finds: [{ largestPassed: 128, smallestLost: 1378, sendings: 3, grade: 'inferred' }],
    },
    'two points: of an encrypted tunnel only large packets are lost': (() => {
      const carrier = datagram({
        client: '192.168.0.1:51820',
        server: '192.168.0.2:51820',
        sent: [0, 1, 2],
        back: [0.1],
      });
      return {
        evidence: evidence({ points: two, datagrams: [carrier], paths: [{ of: [carrier], hops: [largeLost] }] }),
        finds: [{ sender: '192.168.0.1', largestPassed: 1400, smallestLost: 1500, grade: 'confirmed', from: 0, to: 1 }],
      };
    })(),
    'what an encrypted tunnel carries is one cliff with it, lost where its packets are': (() => {
      const points = ['node1 wg0', 'node1 eth0', 'node2 eth0', 'node2 wg0'].map((name, at) =>
        point({ name, host: name.slice(0, 5), role: at % 3 === 0 ? 'tunnel-device' : 'node-nic' }),
      );
      const carrier = datagram({ point: 1, client: '192.168.0.1:51820', server: '192.168.0.2:51820', sent: [0, 1, 2] });
      const inner = upload();
      return {
        evidence: evidence({
          points,
          connections: [inner],
          datagrams: [carrier],
          paths: [
            { of: [inner], hops: [{ ...largeLost, from: 0, to: 3, largestArrived: 1200, smallestLost: 1420 }] },
            { of: [carrier], hops: [{ ...largeLost, from: 1, to: 2, largestArrived: 1272 }] },
          ],
        }),
        finds: [{ between: [1, 2], smallestLost: 1420, outerLost: 1500, conversations: [0, 1], grade: 'confirmed' }],
        says: [/in the encrypted tunnel they are packets of 1500 octets/],
      };
    })(),
    'at the receiver: an acknowledgement tells how much was sent': {
      evidence: evidence({ connections: [waiting()] }),
      finds: [{ missing: { octets: 14_480, segments: 10, seconds: 5 }, smallestLost: 1500, grade: 'inferred' }],
      says: [/14480 octets are missing for 5\.0 s/],
    },
    'at the receiver: the small end of the answer arrives, and the client goes on to ask': {
      evidence: evidence({
        connections: [
          waiting({
            slowTurns: [],
            toClient: { ...behind, largestL3: 264, last: ref(3.2), holes: [unfilled({ noticed: ref(0.2) })] },
          }),
        ],
      }),
      finds: [{ largestPassed: 264, smallestLost: 1500 }],
    },
    'the first flight of a client: the small segment behind it is SACKed at once': {
      evidence: evidence({ connections: [firstFlight({ sackedAhead: 202 })] }),
      finds: [{ smallestLost: 1500, largestPassed: 254, grade: 'inferred' }],
    },
    'the first flight of a client without SACK: the server answers the segment behind it': {
      evidence: evidence({ connections: [firstFlight({ packets: 2 })] }),
      finds: [{ smallestLost: 1500 }],
    },
    'at the receiver: two connections wait for their first full segment to the end of the capture': {
      evidence: evidence({ connections: [firstFlightAtServer(1), firstFlightAtServer(7)] }),
      finds: [{ missing: { octets: 1448, segments: 1 }, smallestLost: 1500 }],
    },
    'super-segments of offload: the size on the wire is that of the MSS': {
      evidence: evidence({
        connections: [upload({ repeats: [repeat({ l3Length: 9000, smallestL3Length: 2896 })] }, 5)],
      }),
      finds: [{ smallestLost: 1500 }],
    },
    'echo requests of rising size': {
      evidence: evidence({
        echoes: pings([
          [84, true],
          [1350, true],
          [1351, false],
          [1500, false],
        ]),
      }),
      finds: [{ largestPassed: 1350, smallestLost: 1351 }],
      says: [/the limit is 1350 octets/],
    },
    'the large ones are lost between two points, and what was sent again was acknowledged half a minute later': (() => {
      const atSender = upload({
        ...healed,
        repeats: [repeat({ packets: [ref(1), ref(1.01)], sendings: 2, ackedTime: 31 })],
      });
      return evidence({ points: two, connections: [atSender], paths: [{ of: [atSender], hops: [largeLost] }] });
    })(),
  },
  quiet: {
    'two sendings, the second after the first timeout': evidence({ connections: [late(2, 2.3), other(186)] }),
    'packets as large pass in another connection of the two hosts': evidence({
      connections: [late(2, 8.6), other(1500)],
    }),
    'at the receiver: what is missing is no number of full segments': evidence({
      connections: [waiting({ toClient: { holes: [unfilled({ seqEnd: 14_000 })] } })],
    }),
    'at the receiver: it comes after all': evidence({
      connections: [waiting({ toClient: { holes: [unfilled({ filledTime: 5.05 })] } })],
    }),
    'at the receiver: it has the octets, and the capture missed them': evidence({
      connections: [waiting({ toClient: { holes: [unfilled({ acknowledged: true })] } })],
    }),
    'at the receiver: other full packets of the sender arrive': evidence({
      connections: [
        waiting(),
        connection({ client: '10.244.1.5:40009', toClient: { largestL3: 1500 } }, { established: true }),
      ],
    }),
    'the first flight of a client, which nobody answers': evidence({
      connections: [
        firstFlight(
          { last: ref(0.001) },
          { largestAckedL3: 0, repeats: [repeat({ sendings: 3, packets: BACKOFF.slice(0, 3).map(ref) })] },
        ),
      ],
    }),
    'at the receiver: one connection whose first segment was lost, and whose client is gone': evidence({
      connections: [firstFlightAtServer(1), other(186)],
    }),
    'at the receiver: nothing is heard of the sender after the first packet behind the hole': evidence({
      connections: [waiting({ slowTurns: [], toClient: { last: ref(0.2), holes: [unfilled({ noticed: ref(0.2) })] } })],
    }),
    'at the receiver: two seconds are not enough': evidence({
      connections: [
        waiting({
          last: ref(2.1),
          slowTurns: [turn(0.1, 2, { requestOctets: 8, ackTime: 0.11, response: null })],
          toClient: { last: ref(2), holes: [unfilled({ noticed: ref(2) })] },
        }),
      ],
    }),
    'random loss of super-segments: another cut is no smaller packet': evidence({
      connections: [
        upload(
          { unackedOctets: 0, repeats: [repeat({ l3Length: 9000, smallestL3Length: 2896, ackedTime: 4.01 })] },
          4.01,
        ),
      ],
    }),
    'large datagrams of one socket are answered': evidence({
      datagrams: [128, 128, 128, 1378, 1378, 1378].map((size, at) =>
        datagram({
          client: `10.244.1.5:${5000 + at}`,
          server: '10.244.2.7:7000',
          sent: [at],
          back: size < 1000 || at === 5 ? [at + 0.1] : [],
          largestL3: [size, 128],
        }),
      ),
    }),
    'a service that answers nobody, other ones do': evidence({
      datagrams: [128, 128, 128, 1378, 1378, 1378].map((size, at) =>
        datagram({
          client: `10.244.1.5:${5000 + at}`,
          server: size < 1000 ? '10.244.2.7:7000' : '10.244.2.7:514',
          sent: [at],
          back: size < 1000 ? [at + 0.1] : [],
          largestL3: [size, 128],
        }),
      ),
    }),
    'working path MTU discovery at one point': evidence({
      connections: [upload(healed)],
      icmpErrors: [tooBig(1.005)],
    }),
    'working path MTU discovery, the loss of the large ones seen by two points': (() => {
      const atSender = upload(healed);
      return evidence({
        points: two,
        connections: [atSender],
        paths: [{ of: [atSender], hops: [largeLost] }],
        icmpErrors: [tooBig(1.005)],
      });
    })(),
    'working path MTU discovery, the loss of the large ones seen by two points, ICMP not captured': (() => {
      const atSender = upload(healed);
      return evidence({
        points: two,
        connections: [atSender],
        paths: [{ of: [atSender], hops: [largeLost] }],
      });
    })(),
    'random loss: a later sending gets through': evidence({
      connections: [upload({ repeats: [repeat({ ackedTime: 4.01, ackedPacket: 9 })] }, 5)],
    }),
    'a dead peer: that size passed before': evidence({ connections: [upload({ largestAckedL3: 1500 })] }),
    'a dead peer: another connection got that size': evidence({
      connections: [
        upload(),
        connection(
          { client: '10.244.1.9:4000', server: '10.244.2.7:80', toServer: { largestAckedL3: 1500 } },
          { established: true },
        ),
      ],
    }),
    'a dead peer: it was silent before the large segment': evidence({
      connections: [
        upload({ repeats: [repeat({ packets: BACKOFF.map((at) => ref(at + 20)) })], unackedSince: ref(21) }),
      ],
    }),
    'acknowledgements of earlier data just after the first sending prove nothing': evidence({
      connections: [upload({ repeats: [repeat({ reversePacketsMeanwhile: 2, dontFragment: false })] }, 1.01)],
    }),
    'a reset: the receiver got something': evidence({ connections: [upload({}, 5, { resets: 1 })] }),
    'a shut window stops the sender': evidence({
      connections: [
        upload(
          {},
          5,
          {},
          {
            zeroWindowSpans: [{ direction: 1, start: ref(0.5), end: null, probes: 4, lastTime: 5 }],
          },
        ),
      ],
    }),
    'small segments are repeated': evidence({
      connections: [upload({ repeats: [repeat({ l3Length: 200, smallestL3Length: 200 })] }, 5)],
    }),
    'a small echo request is lost as well': evidence({
      echoes: pings([
        [84, true],
        [84, true],
        [84, false],
        [1500, false],
        [1500, false],
      ]),
    }),
  },
});
