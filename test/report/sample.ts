/** A report made by hand: the article's case, two nodes, one of which answers from its second address. */
import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../../src/heuristics/judge/judgement.ts';
import type { Level, Meta, Occurrence } from '../../src/heuristics/rule/rule.ts';
import type { Report } from '../../src/report/model/report.ts';
import { buildReport } from '../../src/report/sections/build-report.ts';
import { rules } from '../../src/rule-pages.ts';
import { TOOL_VERSION } from '../../src/tool-version.ts';
import { capture, connection, evidence, point } from '../support/evidence.ts';

export const sampleEvidence = (some: Parameters<typeof evidence>[0] = {}): Evidence => {
  const silent = connection({ client: '10.233.66.0:54815', server: '10.233.65.46:5000', syn: [0, 1.02, 3.04] });
  return {
    ...evidence({
      captures: [
        capture({ path: 'node1__eth0.pcap', baseNanoseconds: 999_999_000 }),
        capture({
          path: 'node2__flannel.1.pcap',
          baseNanoseconds: 999_999_000,
          packets: 12,
          dropped: 3,
          filters: ['tcp port 5000'],
        }),
      ],
      points: [
        point({ name: 'node1 eth0', host: 'node1', interfaceName: 'eth0', role: 'node-nic', namedBy: 'name' }),
        point({
          name: 'node2 flannel.1',
          host: 'node2',
          interfaceName: 'flannel.1',
          role: 'tunnel-device',
          namedBy: 'name',
          capture: 1,
          // Its clock is ahead by this much.
          timeShift: -0.25,
        }),
      ],
      connections: [silent],
      clocks: [
        {
          reference: 'node1',
          host: 'node2',
          offsetSeconds: 0.25,
          errorSeconds: 0.00012,
          skewPpm: null,
          matches: 40,
          unknown: null,
        },
      ],
      nat: [
        {
          kind: 'dnat',
          protocol: 'tcp',
          before: { address: '10.233.0.100', port: 5000 },
          after: { address: '10.233.65.46', port: 5000 },
          between: [0, 1],
          conversations: 3,
        },
      ],
      known: { names: { '10.233.65.46': 'pod registry-0' } },
      ...some,
    }),
    paths: [
      {
        points: [0, 1],
        conversations: 3,
        packets: [
          [9, 0],
          [0, 0],
        ],
        lost: [[9], [0]],
      },
    ],
    notes: [],
  };
};

const meta = (id: string, faultClass: Meta['faultClass'], level: Level): Meta => ({
  id,
  faultClass,
  level,
  summary: 'A summary',
  meaning: 'A meaning.',
  rule: 'A rule.',
  notThis: [],
  causes: [],
  confirm: [],
  fix: [],
  references: [],
  recordedIn: null,
  place: rules.find((rule) => rule.id === id)?.place ?? 'mechanism',
});

export function judged(
  some: { id?: string; faultClass?: Meta['faultClass']; level?: Level; occurrence?: Partial<Occurrence> } & Partial<
    Omit<Judged, 'meta' | 'occurrence'>
  > = {},
): Judged {
  const { id = 'vxlan-outer-source-mismatch', faultClass = 'cni', level = 'error', occurrence, ...rest } = some;
  return {
    meta: meta(id, faultClass, level),
    level,
    fingerprint: `f-${id}`,
    explains: [],
    explainedBy: null,
    explanation: {
      message: 'Node node1 sends its tunnel packets from 10.153.204.228, but its peers send to 10.153.204.15',
      why: 'The receiver looks up the tunnel by the outer source address. It does not know this one, so it drops the packet before the inner one is seen, and nothing on the way tells the sender.',
      causes: [
        {
          id: 'two-addresses',
          cause: 'flannel chose the address of another interface',
          for: ['both addresses stand on node1'],
          against: [],
        },
        {
          id: 'second-masquerade',
          cause: 'a masquerade rule rewrites the outer packet',
          for: [],
          against: ['the source port was left alone'],
        },
      ],
      confirm: [{ on: 'node1', command: 'ip -4 addr show eth0', expect: 'both addresses on the interface' }],
      fix: ['Start flanneld with --iface and the address that the other nodes know.'],
      wireshark: 'ip.src==10.153.204.228 && udp.dstport==8472',
    },
    occurrence: {
      key: 'node1',
      grade: 'confirmed',
      subject: {
        protocol: 'tcp',
        client: '10.233.66.0',
        server: '10.233.65.46:5000',
        serverBeforeNat: '10.233.0.100:5000',
      },
      conversations: [0],
      between: [0, 1],
      packets: [
        { point: 0, packet: 21, time: 1.02, direction: '>', note: 'SYN, sent again after 1.02 s' },
        { point: 0, packet: 12, time: 0.000002, direction: '>', note: 'SYN, outer source 10.153.204.228' },
      ],
      packetsTotal: 9,
      reach: 3,
      measured: MEASURED[id] ?? {},
      ...occurrence,
    },
    ...rest,
  };
}

/** What the rules of the sample measure. */
const MEASURED: Record<string, Occurrence['measured']> = {
  'vxlan-outer-source-mismatch': {
    outerSources: ['10.153.204.15', '10.153.204.228'],
    vtep: '42:a4:ca:27:3b:6c',
    vni: 1,
    unanswered: 1,
    answered: 1,
  },
  'syn-no-reply': { attempts: 1, syns: 2, servers: 1 },
};

export const symptom = (): Judged =>
  judged({
    id: 'syn-no-reply',
    faultClass: 'port-unreachable',
    level: 'note',
    explainedBy: 'f-vxlan-outer-source-mismatch',
  });

export const sampleJudgement = (): Judgement => ({
  findings: [judged({ explains: ['f-syn-no-reply'] }), symptom()],
  ran: ['vxlan-outer-source-mismatch', 'syn-no-reply'],
  gated: [
    {
      ruleId: 'dns-slow',
      gates: [{ ok: false, code: 'dropped', point: 1, packets: 3, of: 15 }],
      classes: ['dns'],
    },
  ],
  failureDomain: 'All attempts that fail come from node1; those of other nodes work',
});

export const sampleReport = (): Report => reportOf(sampleEvidence(), sampleJudgement());

/** Nothing wrong, and something to rest on. */
export const healthyReport = (): Report =>
  reportOf(
    {
      ...evidence({
        connections: [connection({ client: '10.0.0.1:40000', server: '10.0.0.2:80' }, { established: true })],
      }),
      notes: [],
    },
    { findings: [] },
  );

export const emptyReport = (): Report =>
  reportOf(
    { ...evidence({ captures: [capture({ packets: 0, duration: 0 })], points: [], connections: [] }), notes: [] },
    { findings: [] },
  );

/** The report of the version in the package file. */
export function reportOf(evidence: Evidence, judgement: Judgement): Report {
  return buildReport(evidence, judgement, TOOL_VERSION);
}
