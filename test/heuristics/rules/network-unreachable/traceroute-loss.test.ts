import { expect } from 'vitest';
import { tracerouteLoss } from '../../../../src/heuristics/rules/network-unreachable/traceroute-loss.ts';
import {
  connection,
  datagram,
  evidence,
  icmpError,
  point,
  probe,
  quoted,
  ruleTable,
} from '../../../support/evidence.ts';
import { echoTraceroute, routerAt, TRACED, TRACER, type Traced, udpTraceroute } from '../../../support/traceroute.ts';
import { verdicts } from '../../../support/verdicts.ts';

const loss = echoTraceroute({ sent: 20, answered: [20, 20, 15, 14] });
const dead = echoTraceroute({ sent: 3, answered: [3, 3, 0, 0, 0, 0], reached: false });
const deadByUdp = udpTraceroute({ sent: 3, answered: [3, 3, 0, 0, 0, 0], reached: false });
const refusedFrom = (type: number, code: number) => {
  const traced = udpTraceroute({ sent: 3, answered: [3, 3, 0], reached: false });
  const last = traced.probes.filter(({ ttl }) => ttl === 3);
  const refusals = last.map(({ time, source, destination }) =>
    icmpError(time + 0.002, { type, code, from: routerAt(3), to: TRACER, quoted: quoted({ source, destination }) }),
  );
  return evidence({ ...traced, icmpErrors: [...traced.icmpErrors, ...refusals] });
};

ruleTable(tracerouteLoss, {
  fires: {
    'loss from hop 3 on up to the target': {
      evidence: evidence(loss),
      finds: [{ kind: 'loss', level: 'warning', begins: `hop 3 (${routerAt(3)})`, before: `hop 2 (${routerAt(2)})` }],
      says: [/30 % of 20 probes are lost: loss begins at hop 3 \(10\.9\.0\.3\) and goes on to the end/],
    },
    'ten probes, of which two are lost': {
      evidence: evidence(echoTraceroute({ sent: 10, answered: [10, 10, 8, 8] })),
      finds: [{ kind: 'loss', level: 'warning' }],
    },
    'the same by datagrams that take their time': {
      evidence: evidence({ ...udpTraceroute({ sent: 12, answered: [12, 9, 8], interval: 0.4 }) }),
      finds: [{ kind: 'loss', level: 'warning', protocol: 'udp' }],
    },
    'a limited router before the loss is told beside it': {
      evidence: evidence(echoTraceroute({ sent: 20, answered: [8, 20, 15, 14] })),
      finds: [{ kind: 'loss', also: [expect.stringMatching(/hop 1 .*60 %/)] }],
      says: [/Also: loss at hop 1/],
    },
    'nothing answers behind hop 2': {
      evidence: evidence(dead),
      finds: [{ kind: 'unreachable', level: 'warning', begins: null, before: `hop 2 (${routerAt(2)})` }],
    },
    'nothing answers behind hop 2, and no connection either: it explains them': {
      evidence: evidence({
        ...deadByUdp,
        connections: [connection({ client: `${TRACER}:50000`, server: `${TRACED}:80`, syn: [1, 2, 4] })],
      }),
      finds: [{ kind: 'unreachable', level: 'error', conversations: [0] }],
    },
    'two points: the nearer to the sender tells': {
      evidence: evidence({
        points: [point({ name: 'near' }), point({ name: 'far' })],
        ...joined(loss, echoTraceroute({ sent: 14, answered: [14, 14], start: 0.5, point: 1 })),
      }),
      finds: [{ kind: 'loss', probes: 80 }],
    },
  },
  quiet: {
    'every probe is answered': evidence(echoTraceroute({ sent: 20, answered: [20, 20, 20] })),
    'the same by datagrams': evidence(udpTraceroute({ sent: 3, answered: [3, 3, 3], interval: 0.001 })),
    'datagrams in a hurry: the target answers the first only': evidence(
      udpTraceroute({ sent: 3, answered: [3, 3, 1], interval: 0.001 }),
    ),
    'the capture ends before the last answers': evidence({
      points: [point({ quality: { lastTime: 3 } })],
      ...echoTraceroute({ sent: 4, answered: [4, 4, 2], interval: 0.2 }),
    }),
    'a router says that there is no route': refusedFrom(3, 1),
    'a firewall says no': refusedFrom(3, 13),
    'no router is heard: the answers may not be in the capture': evidence(
      echoTraceroute({ sent: 20, answered: [0, 0, 14] }),
    ),
    'probes that cannot be told apart': evidence({
      probes: [1, 2, 3].map((ttl) =>
        probe(ttl / 1000, ttl, { protocol: 17, source: `${TRACER}:5`, destination: `${TRACED}:7` }),
      ),
      datagrams: [datagram({ client: `${TRACER}:5`, server: `${TRACED}:7`, sent: [0.001, 0.002, 0.003] })],
      icmpErrors: [
        icmpError(0.01, { type: 11, code: 0, quoted: quoted({ source: `${TRACER}:5`, destination: `${TRACED}:7` }) }),
      ],
    }),
    'small TTLs that do not rise from 1': evidence({
      ...loss,
      probes: loss.probes.map((one) => ({ ...one, ttl: one.ttl + 8 })),
    }),
    'more ICMP errors than were kept: silence proves nothing': evidence({ ...loss, icmpErrorsTotal: 9_000 }),
    'packets were dropped while this was captured': evidence({
      ...loss,
      captures: [{ ...evidence().captures[0], dropped: 50 }],
    }),
  },
  notes: {
    'a router that limits its answers': {
      evidence: evidence(echoTraceroute({ sent: 20, answered: [20, 8, 20, 20] })),
      finds: [{ kind: 'rate-limited' }],
      says: [/does not go on behind: the router limits its answers, no fault/],
    },
    'a router that answers nothing': evidence(echoTraceroute({ sent: 20, answered: [20, 0, 20, 20] })),
    'three probes, one lost': evidence(echoTraceroute({ sent: 3, answered: [3, 2, 2] })),
    'datagrams alone, the target silent': evidence(deadByUdp),
    'datagrams are dropped, echoes arrive': evidence(
      joined(deadByUdp, echoTraceroute({ sent: 3, answered: [3, 3, 3], start: 10 })),
    ),
    'nothing answers behind hop 2, but connections do': evidence({
      ...dead,
      connections: [connection({ client: `${TRACER}:50000`, server: `${TRACED}:80` }, { established: true })],
    }),
    'a step of delay that stays': evidence(slowFrom(2)),
  },
});

/** Two traceroutes in one capture. */
function joined(a: Traced, b: Traced): Traced {
  return {
    probes: [...a.probes, ...b.probes],
    icmpErrors: [...a.icmpErrors, ...b.icmpErrors],
    echoes: [...a.echoes, ...b.echoes],
    datagrams: [...a.datagrams, ...b.datagrams],
  };
}

/** From this hop on answers take 150 ms longer. */
function slowFrom(ttl: number) {
  const traced = echoTraceroute({ sent: 3, answered: [3, 3, 3] });
  const later = <T extends { time: number }>(at: T): T => ({ ...at, time: at.time + 0.15 });
  return {
    ...traced,
    icmpErrors: traced.icmpErrors.map((one) => (one.from === routerAt(1) && ttl > 1 ? one : later(one))),
    echoes: traced.echoes.map((one) => ({ ...one, reply: one.reply && later(one.reply) })),
  };
}

const talk = (some: Parameters<typeof connection>[0] = {}) =>
  evidence({
    ...dead,
    connections: [connection({ client: `${TRACER}:4000`, server: `${TRACED}:80`, syn: [0, 1], ...some })],
  });
const flow = (some: Parameters<typeof datagram>[0] = {}) =>
  evidence({
    ...dead,
    datagrams: [datagram({ client: `${TRACER}:4000`, server: `${TRACED}:7000`, sent: [0, 1], ...some })],
  });
const lossOf = (sent: number, arrived: number) =>
  evidence(echoTraceroute({ sent, answered: [sent, sent, arrived, arrived] }));
const WORKS = { kind: 'unreachable', works: `other traffic to ${TRACED} is answered` };

verdicts(tracerouteLoss, {
  'nothing is known of other traffic': [evidence(dead), 'warning', { works: null }],
  'other traffic is not answered': [talk(), 'error', { works: null }],
  'other traffic is answered': [talk({ synAck: [0.1] }), 'note', WORKS],
  'other traffic of another machine is not answered': [talk({ client: '10.99.0.9:4000' }), 'warning'],
  'other traffic to another machine is not answered': [talk({ server: '10.99.0.9:80' }), 'warning'],
  'datagrams are not answered': [flow(), 'error', { works: null }],
  'datagrams are answered': [flow({ back: [0.1] }), 'note', WORKS],
  'one of two other conversations is answered': [
    evidence({
      ...dead,
      connections: [
        connection({ client: `${TRACER}:4000`, server: `${TRACED}:80`, syn: [0, 1] }),
        connection({ client: `${TRACER}:4001`, server: `${TRACED}:80`, syn: [0], synAck: [0.1] }),
      ],
    }),
    'note',
    { ...WORKS, conversations: [0, 1] },
  ],
  'ten probes a hop, two of them lost': [lossOf(10, 8), 'warning', { kind: 'loss' }],
  'nine probes a hop, two of them lost': [lossOf(9, 7), 'note', { kind: 'loss' }],
  'ten probes a hop, one of them lost': [lossOf(10, 9), 'note', { kind: 'loss' }],
  'an error that was not kept': [evidence({ ...loss, icmpErrorsTotal: loss.icmpErrors.length + 1 }), 'nothing'],
  'a probe that was not kept': [evidence({ ...loss, probesTotal: loss.probes.length + 1 }), 'nothing'],
});
