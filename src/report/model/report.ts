/** The report is a public interface with a JSON Schema in the package. Fields are only added. */
import type { ClockReason } from '../../flows/evidence/evidence.ts';
import type { ClosedGate, TriageReason } from '../../heuristics/judge/judgement.ts';
import type { Command, FaultClass, Grade, Level } from '../../heuristics/rule/rule.ts';
import type { Hypothesis } from '../../heuristics/rule/weigh.ts';
import type { ReportPictures } from './pictures.ts';

export type { FaultClass, Level };

export const SCHEMA_VERSION = 1;

export interface ReportCapture {
  id: string;
  path: string;
  format: string;
  packets: number;
  /** ISO 8601 with nanoseconds, UTC; null for an empty capture. */
  firstTime: string | null;
  lastTime: string | null;
  snaplen: number;
  dropped: number | null;
  truncated: boolean;
  /** Present when reading was stopped before the end of the file. */
  partial?: true;
  /** Defects of the file, with their offset. */
  problems: { kind: string; offset: number; message: string }[];
}

export interface ReportPoint {
  id: string;
  capture: string;
  interface: string | null;
  name: string;
  host: string | null;
  role: string;
  namedBy: string;
  packets: number;
  clock: { offsetSeconds: number | null; errorSeconds: number | null; skewPpm: number | null };
}

export interface ReportVerdict {
  ruleId: string;
  class: FaultClass;
  level: Level;
  summary: string;
  /** What acquits the network, as a sentence; null where the fault is, or may be, its own. */
  notTheNetwork: string | null;
}

export interface ReportTriage {
  class: FaultClass;
  verdict: 'ok' | 'fault' | 'not-assessable';
  /** A sentence; `code` gives the same reason to programs. */
  because: string;
  code: TriageReason['code'];
  /** The rule that found the fault; null unless the verdict is "fault". */
  ruleId: string | null;
}

export interface ReportEvidence {
  capture: string;
  point: string;
  packet: number;
  /** Seconds since the first packet of the capture. */
  relativeSeconds: number;
  time: string;
  direction: string;
  /** tcpdump-like line of flags, ranges and sizes; may be empty. */
  note: string;
}

export interface ReportFinding {
  ruleId: string;
  class: FaultClass;
  level: Level;
  grade: Grade;
  message: string;
  why: string;
  subject: {
    protocol: string;
    client: string | null;
    server: string | null;
    serverBeforeNat: string | null;
    names: Record<string, string>;
  };
  location: { between: [string, string] | null; text: string };
  measured: Record<string, unknown>;
  evidence: ReportEvidence[];
  evidenceTotal: number;
  hypotheses: Hypothesis[];
  confirm: Command[];
  fix: string[];
  /** Those fixes that are commands. They change the machine. */
  repairs: { on: string; command: string }[];
  wireshark: string;
  /** Fingerprints of the findings this one explains. */
  explains: string[];
  /** Fingerprint of the cause that explains this finding; null when it has none. */
  explainedBy: string | null;
  reach: number;
  /** Present when the finding speaks for others as well: the end of `subject` that differs (`pair`: both), and at most fifty of them. */
  alike?: { end: 'client' | 'server' | 'pair'; others: number; listed: { name: string; reach: number }[] };
  fingerprint: string;
  /** Present when a baseline, the configuration or a scenario lists this finding: a gate lets it pass. */
  known?: { from: 'baseline' | 'configuration' | 'scenario'; reason: string };
}

export interface ReportNat {
  kind: 'dnat' | 'snat';
  protocol: string;
  before: string;
  after: string;
  between: [string, string];
  conversations: number;
}

export interface ReportPath {
  points: string[];
  conversations: number;
  packets: [number[], number[]];
  /** At the point that saw them last: of packets to the server the next point did not, of the others the one before. */
  lost: [number[], number[]];
}

/** Single packets behind the verdict, across all capture points that saw them. */
export interface ReportLadder {
  client: string;
  server: string;
  /**
   * Ids along the path from client to server. A point occurs twice when packets pass it twice (plain, then
   * encapsulated).
   */
  points: string[];
  /** One row for each transmission; the earliest 20. */
  rows: {
    /** Since the first row, on the common clock. */
    relativeSeconds: number;
    direction: '>' | '<';
    /** Packet number at each of `points`; null where the packet is not known to have been seen. */
    packets: (number | null)[];
    /** Index into `points` of the next point that should have seen the packet and did not. */
    missing: number | null;
    note: string;
  }[];
  rowsTotal: number;
}

/** Where to capture next. */
export interface ReportNextCapture {
  on: string;
  interface: string;
  why: string;
  /** A command, quoted for a POSIX shell. */
  command: string;
}

export interface ReportRule {
  ruleId: string;
  /**
   * "gated": the rule found something, but the quality of the captures does not allow the claim. "off": it was switched
   * off.
   */
  status: 'ran' | 'gated' | 'off';
  /** A sentence; `code` gives the same reason to programs. Null for a rule that ran. */
  because: string | null;
  code: ClosedGate['code'] | null;
}

/** What a report that was asked for early rests on. */
export interface ReportPartial {
  /** For example the name of a signal. */
  because: string;
  /** Captures read to the end, in part, and not at all. */
  whole: number;
  inPart: number;
  unread: number;
  /** False when packets of several captures were not compared, or not all of them. */
  compared: boolean;
}

/** What the gate of a CI job decided, and why. */
export interface ReportGate {
  /** "not-assessable": evidence that was asked for is not there, so that nothing is said either way. */
  status: 'passed' | 'failed' | 'not-assessable';
  /** Sentences, the weightiest first. */
  because: string[];
  /** Findings of this level or worse fail the gate, unless they are known. */
  failOn: Level | 'never';
  /** Fingerprints of known findings that are found no more: `pcapdiag baseline prune` takes them out. */
  unmatched: { fingerprint: string; ruleId: string }[];
}

export interface Report {
  schemaVersion: typeof SCHEMA_VERSION;
  tool: { name: 'pcapdiag'; version: string };
  /** Present when reading was stopped early: the report tells what was known then. */
  partial?: ReportPartial;
  /** Present when a gate was asked for. */
  gate?: ReportGate;
  captures: ReportCapture[];
  points: ReportPoint[];
  verdict: ReportVerdict | null;
  triage: ReportTriage[];
  findings: ReportFinding[];
  /** The shortest description that separates failing from working attempts, as a sentence; null when there is none. */
  failureDomain: string | null;
  nat: ReportNat[];
  clocks: {
    reference: string;
    host: string;
    offsetSeconds: number | null;
    errorSeconds: number | null;
    skewPpm: number | null;
    matches: number;
    because: string | null;
    code: ClockReason['code'] | null;
  }[];
  paths: ReportPath[];
  /** Null when no packet of the verdict is known at several points. */
  ladder: ReportLadder | null;
  /** Null when packets do not vanish, or when the present captures show where. */
  nextCapture: ReportNextCapture | null;
  unseen: string[];
  rules: ReportRule[];
  /** Present when pictures were asked for. */
  pictures?: ReportPictures;
  /** Present when the report would be larger than 1 MB: how many items of each list are left out. */
  leftOut?: Partial<Record<'findings' | 'captures' | 'points' | 'paths' | 'nat' | 'clocks' | 'unseen', number>>;
}
