import type { Evidence, PacketRef } from '../../flows/evidence/evidence.ts';
import type { Command, Fix } from './command.ts';
import type { Cause } from './weigh.ts';

export type { Command, Fix, Repair, Shows } from './command.ts';

/** The article's five classes, and further ones. They are also the names of the folders. */
export const FAULT_CLASSES = [
  'network-unreachable',
  'port-unreachable',
  'dns',
  'large-packet-loss',
  'cni',
  'service',
  'tcp',
  'application',
  'capture',
] as const;
/** Class of a fault, as in `FAULT_CLASSES`. */
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** How bad a finding is: `error` breaks traffic, `warning` hampers it, `note` is worth knowing. */
export type Level = 'error' | 'warning' | 'note';
/**
 * `confirmed`: the packets alone prove it, or two points agree. `inferred`: the pattern fits, and other causes are
 * listed.
 */
export type Grade = 'confirmed' | 'inferred';

/**
 * Symptoms that belong together, because the same kind of cause makes all of them appear. A rule declares that it is
 * such a symptom (`symptomOf`), and a cause declares that it explains all of them (`explainsSymptomsOf`). So no rule
 * lists the others.
 */
export const SYMPTOM_GROUPS = [
  /** What both ends see of any path that carries nothing: no answer, repetitions, waiting. */
  'silent-path',
  /** Packets that one capture point saw and the next one did not, without a reason. */
  'lost-between-points',
] as const;
/** One of `SYMPTOM_GROUPS`. */
export type SymptomGroup = (typeof SYMPTOM_GROUPS)[number];

/**
 * How the place of the fault follows from a finding. `last-seen`: the rule shows only that packets vanish, so the fault
 * lies behind the point that saw them last, and a further capture there shows more. `mechanism`: the finding names the
 * machine or device itself.
 */
export type PlaceFollowsFrom = 'last-seen' | 'mechanism';

/** What a rule says of itself. */
export interface Meta {
  /** Name of the rule's file without `.ts`: lower-case words with hyphens. */
  id: string;
  /** Class of the fault. */
  faultClass: FaultClass;
  /** The level of its findings unless an occurrence says less. */
  level: Level;
  /**
   * A recording of real packets in which the rule finds something: a file or folder of `test/pcaps/`, or of `lab/` and
   * `corpus/` in the shared captures. Null when only traces made for tests show it.
   */
  recordedIn: string | null;
  /** How the place of the fault follows from a finding. */
  place: PlaceFollowsFrom;
  /** True where a finding says that programs are at fault and the network did its part. The report then proves it. */
  acquitsNetwork?: true;
  /** The group of symptoms to which its findings belong. */
  symptomOf?: SymptomGroup;
  /**
   * Ids of rules whose findings this one makes appear. As a cause, it takes their findings about the same conversations
   * under it. A rule must not explain a rule that explains it, directly or through others.
   */
  explains?: readonly string[];
  /** As `explains`, for all rules of these groups except the rule itself. */
  explainsSymptomsOf?: readonly SymptomGroup[];
  /**
   * Ids of rules that explain this one. Used where this rule knows its causes better than the causes know their
   * symptoms.
   */
  explainedBy?: readonly string[];
  /** One sentence: starts with a capital, no full stop. */
  summary: string;
  /** What the finding means for the user; printed on the page. */
  meaning: string;
  /** What the rule looks for, with its numbers. */
  rule: string;
  /** Known false positives, each with how it is excluded. Each has a test row in which the rule finds nothing. */
  notThis: string[];
  /** What usually causes it. */
  causes: string[];
  /** Commands with `<placeholders>`, printed on the page. */
  confirm: PageCommand[];
  /** What usually repairs it. */
  fix: string[];
  /** RFCs, man pages and the like. */
  references: string[];
}

/** A command on the page of a rule. */
export interface PageCommand {
  /** The machine on which to run it, as a placeholder. */
  on: string;
  /** The command, with `<placeholders>`. */
  command: string;
  /** What it shows if the rule is right. */
  expect: string;
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

/** A number that a rule uses in a decision. */
export interface Threshold {
  /** The number, in `unit`. */
  readonly value: number;
  /** What it counts. */
  readonly unit: Unit;
  /**
   * A source that a reader of the repository can open: an RFC with its section, a sysctl or source file of Linux, a man
   * page, a recording in `test/pcaps`, or a row of `docs/thresholds.md` ("docs/thresholds.md, three-sendings"). Words
   * may follow after a colon.
   */
  readonly source: string;
}

/** The content of the page of a rule. */
export interface RulePage extends Meta {
  /** The numbers by which it decides, by name. */
  thresholds: Readonly<Record<string, Threshold>>;
}

/** The hosts that the finding is about. Addresses are text from the capture. */
export interface Subject {
  protocol: 'tcp' | 'udp' | 'icmp' | 'arp' | 'dns' | 'tunnel' | 'ip' | 'capture';
  client: string | null;
  server: string | null;
  serverBeforeNat?: string | null;
}

/** A packet that proves the finding. */
export interface EvidencePacket extends PacketRef {
  /** Global point index. */
  point: number;
  note: string;
  direction?: '>' | '<' | '';
}

/**
 * Why an occurrence is only a note although it may be the fault. `seen-once`: one case, where a habit shows only in two
 * or more. `ends-too-soon`: the capture ends before what decides.
 */
export type Pending = 'seen-once' | 'ends-too-soon';

/** One place where a rule matched. It holds facts and notes on packets, but no other text for people. */
export interface Occurrence {
  /**
   * Equal for the same fault in another capture: role-normalised, without ephemeral ports and packet numbers. Different
   * for each finding of the rule.
   */
  key: string;
  /**
   * The key without what may be more or fewer in another capture of the same fault. Default: the key without the client
   * of the subject, where it names the server too.
   */
  cause?: string;
  level?: Level;
  /** Present where the level is a note only because too little was captured to decide. */
  pending?: Pending;
  grade: Grade;
  subject: Subject;
  /**
   * Conversations (index in `Evidence.conversations`) that the occurrence is about. A cause takes symptoms with the
   * same conversations.
   */
  conversations: number[];
  /** The last point that saw the packets, and the first point that should have seen them. */
  between?: [number, number] | null;
  /** The place in words, when there are no two points. */
  place?: string;
  packets: EvidencePacket[];
  packetsTotal: number;
  /** Number of attempts, connections or exchanges that the occurrence covers. It orders findings of the same level. */
  reach: number;
  measured: Record<string, number | string | boolean | null | (number | string)[]>;
  /** Classes besides that of the rule in which the packets show a fault. The triage counts the finding there too. */
  otherClasses?: readonly FaultClass[];
  /** Who waits for whom, from the outermost client inwards. */
  chain?: readonly { client: string; server: string; seconds: number }[];
}

/** Text for one occurrence. */
export interface Explanation {
  /** One sentence. */
  message: string;
  why: string;
  /** `weigh` weighs them. The order decides only among equal causes. */
  causes: Cause[];
  /** Commands that decide between the causes, or help whatever the cause is. `advise` adds those of the causes. */
  confirm: Command[];
  /** What helps whatever the cause is. `advise` adds what repairs the causes. */
  fix: Fix[];
  /** Wireshark display filter that shows the packets. */
  wireshark: string;
}

/** What `explain` may use besides the occurrence: names of points and addresses. It holds nothing to judge by. */
export interface Names {
  point(index: number): string;
  /**
   * The machine of a point, by the name that the user gave or the address that packets prove: "the node with 10.0.0.7".
   * Never by the name of a capture file.
   */
  host(index: number): string;
  /**
   * The machine that has an address, for a command that runs there: the address, or "a pod behind 10.96.0.10" for that
   * of a service, which no machine has.
   */
  machine(address: string): string;
  /** The name of the network device of a point; null when it is unknown. */
  device(index: number): string | null;
  /**
   * The node of a pod's address: "the node with 10.0.0.7", or "the node of 10.244.1.5" where no tunnel shows it. For a
   * service, a node of one of its pods. For a public address that is nobody's here, the gateway of the cluster towards it.
   */
  nodeOf(address: string): string;
  /** "10.1.2.3" or "10.1.2.3 (pod web-0)". */
  address(text: string): string;
}

export interface Rule<O extends Occurrence = Occurrence> {
  meta: Meta;
  /** Each of its findings is told by itself, also those of one cause. */
  isToldApart?: true;
  /** Thresholds of the rule, and of the facts, causes and gates that it uses. All are on its page. */
  thresholds: Readonly<Record<string, Threshold>>;
  /** Pure: the same evidence gives the same occurrences. Evidence is frozen in tests. */
  detect(evidence: Evidence): Iterable<O>;
  explain(occurrence: O, names: Names): Explanation;
}

/** Does nothing at run time. It ties the occurrence type of `detect` to that of `explain`. */
export const defineRule = <O extends Occurrence>(rule: Rule<O>): Rule => rule as unknown as Rule;
