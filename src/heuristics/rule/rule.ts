import type { Evidence, PacketRef } from '../../flows/evidence/evidence.ts';
import type { Cause } from './weigh.ts';

/** The article's five classes, and the four that stand beside them. Also the folders. */
export const FAULT_CLASSES = [
  'network-unreachable',
  'port-unreachable',
  'dns',
  'large-packet-loss',
  'cni',
  'service',
  'tcp',
  'capture',
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

export type Level = 'error' | 'warning' | 'note';
/** `confirmed`: the packets alone prove it, or two points agree. `inferred`: the pattern fits, other causes are listed. */
export type Grade = 'confirmed' | 'inferred';

/**
 * Symptoms that belong together, because the same kind of cause makes all of them appear. A rule says that it is one
 * (`symptomOf`), and a cause says that it explains them all (`explainsSymptomsOf`): no rule has a list of the others.
 */
export const SYMPTOM_GROUPS = [
  /** What the two ends of any path see that carries nothing: no answer, repetitions, waiting. */
  'silent-path',
  /** Packets that one capture point saw and the next one did not, without a reason. */
  'lost-between-points',
] as const;
export type SymptomGroup = (typeof SYMPTOM_GROUPS)[number];

/**
 * How the place of the fault follows from a finding. `last-seen`: the rule says no more than that packets vanish, so the
 * fault lies behind the point that saw them last, and a further capture there tells more. `mechanism`: what was found
 * names the machine or device itself.
 */
export type PlaceFollowsFrom = 'last-seen' | 'mechanism';

export interface Meta {
  /** Name of the rule's file without `.ts`: lower-case words with hyphens. */
  id: string;
  faultClass: FaultClass;
  /** The level of its findings unless an occurrence says less. */
  level: Level;
  /**
   * A capture of real packets in which it is found: a file or folder of `test/pcaps/`, or of `lab/` and `corpus/` in the
   * shared captures. Null: only traces made for tests show it.
   */
  recordedIn: string | null;
  place: PlaceFollowsFrom;
  /** The group of symptoms to which its findings belong. */
  symptomOf?: SymptomGroup;
  /**
   * Ids of rules whose findings this one makes appear: as a cause it takes their findings about the same conversations
   * under it. A rule explains no rule that explains it, directly or through others.
   */
  explains?: readonly string[];
  /** The same for all rules of these groups, without the rule itself. */
  explainsSymptomsOf?: readonly SymptomGroup[];
  /** Ids of rules that explain this one, where this one knows its causes better than they know it. */
  explainedBy?: readonly string[];
  /** One sentence: starts with a capital, no full stop. */
  summary: string;
  /** What it means for the user; for the page. */
  meaning: string;
  /** What is looked for, as a rule with its numbers. */
  rule: string;
  /** Known false positives, each with how it is excluded; every one has a quiet row in the tests. */
  notThis: string[];
  causes: string[];
  /** Commands with `<placeholders>`, for the page. */
  confirm: { on: string; command: string; expect: string }[];
  fix: string[];
  references: string[];
}

/** What a threshold counts. A share lies between 0 and 1; a factor multiplies. */
export type Unit =
  | 's'
  | 'ms'
  | 'packets'
  | 'octets'
  | 'share'
  | 'factor'
  | 'hops'
  | 'addresses'
  | 'attempts'
  | 'connections'
  | 'conversations'
  | 'count'
  | 'datagrams'
  | 'destinations'
  | 'exchanges'
  | 'hosts'
  | 'lookups'
  | 'port'
  | 'ports'
  | 'probes'
  | 'queries'
  | 'requests'
  | 'segments'
  | 'services'
  | 'standard deviations';

/** A number that a rule decides by. */
export interface Threshold {
  readonly value: number;
  readonly unit: Unit;
  /**
   * What a reader of the repository can open: an RFC with its section, a sysctl or source file of Linux, a man page, a
   * recording in `test/pcaps`, or a row of `docs/thresholds.md` ("docs/thresholds.md, three-sendings"). Words may follow
   * after a colon.
   */
  readonly source: string;
}

/** What the page of a rule says. */
export interface RulePage extends Meta {
  thresholds: Readonly<Record<string, Threshold>>;
}

/** Who the finding is about. Addresses are text of the capture. */
export interface Subject {
  protocol: 'tcp' | 'udp' | 'icmp' | 'arp' | 'dns' | 'tunnel' | 'ip' | 'capture';
  client: string | null;
  server: string | null;
  serverBeforeNat?: string | null;
}

/** A packet that proves it. */
export interface EvidencePacket extends PacketRef {
  /** Global point index. */
  point: number;
  note: string;
  direction?: '>' | '<' | '';
}

/** One place where a rule matched: facts only, no words for people but notes on packets. */
export interface Occurrence {
  /** Same text for the same trouble in another capture: role-normalised, no ephemeral ports, no packet numbers. */
  key: string;
  level?: Level;
  grade: Grade;
  subject: Subject;
  /** Conversations (index in `Evidence.conversations`) it is about: a cause takes the symptoms of the same ones. */
  conversations: number[];
  /** Last point that saw the packets, first that should have. */
  between?: [number, number] | null;
  /** Where, in words, when there are no two points. */
  place?: string;
  packets: EvidencePacket[];
  packetsTotal: number;
  /** How many attempts, connections or exchanges it covers: orders findings of the same level. */
  reach: number;
  measured: Record<string, number | string | boolean | null | (number | string)[]>;
}

export interface Command {
  /** Host or place to run it on. */
  on: string;
  /** Already quoted for a POSIX shell. */
  command: string;
  /** What it shows if the hypothesis holds. */
  expect: string;
}

/** Words for one occurrence. */
export interface Explanation {
  /** One sentence. */
  message: string;
  why: string;
  /** Weighed by `weigh`; the order decides among equals only. */
  causes: Cause[];
  confirm: Command[];
  fix: string[];
  /** Wireshark display filter that shows the packets. */
  wireshark: string;
}

/** What `explain` may use besides the occurrence: names of points and addresses, nothing to judge by. */
export interface Names {
  point(index: number): string;
  host(index: number): string;
  /** "10.1.2.3" or "10.1.2.3 (pod web-0)". */
  address(text: string): string;
}

export interface Rule<O extends Occurrence = Occurrence> {
  meta: Meta;
  /** Its own, and those of the facts, causes and gates that it rests on: all are on its page. */
  thresholds: Readonly<Record<string, Threshold>>;
  /** Pure: same evidence, same occurrences; evidence is frozen in tests. */
  detect(evidence: Evidence): Iterable<O>;
  explain(occurrence: O, names: Names): Explanation;
}

/** Checks nothing at run time; ties the occurrence type of `detect` to that of `explain`. */
export const defineRule = <O extends Occurrence>(rule: Rule<O>): Rule => rule as unknown as Rule;
