/**
 * The report is a public interface. Fields are only added. `npm run docs` makes schema/report.json, the JSON Schema of
 * the package, from the types and comments of this folder.
 */
import type { FaultClass, Level } from '../../heuristics/rule/rule.ts';
import type { ReportCapture, ReportClock, ReportPoint } from './captures.ts';
import type { ReportFinding } from './finding.ts';
import type { ReportLadder, ReportNat, ReportNextCapture, ReportPath } from './path.ts';
import type { ReportPictures } from './pictures.ts';
import type { WholeNumber } from './quantities.ts';

export type * from './captures.ts';
export type * from './finding.ts';
export type * from './path.ts';
export type * from './pictures.ts';
export type * from './quantities.ts';
export type { FaultClass, Level };

/** Version of the form of a report. */
export const SCHEMA_VERSION = 1;

/** What is wrong above all: the first finding, when it is an error or a warning. */
export interface ReportVerdict {
  /** Id of the rule of the finding. */
  ruleId: string;
  /** Class of the fault. */
  class: FaultClass;
  /** How bad it is. */
  level: 'error' | 'warning';
  /** The message of the finding. */
  summary: string;
  /** What acquits the network, as a sentence; null where the fault is, or may be, its own. */
  notTheNetwork: string | null;
}

/** Why a class is ok, faulty, or open. */
export type TriageCode =
  | 'found'
  | 'explained'
  | 'gated'
  | 'both-ways'
  | 'connections-opened'
  | 'connections-running'
  | 'queries-answered'
  | 'large-arrived'
  | 'overlay-works'
  | 'answers-read'
  | 'nothing-both-ways'
  | 'no-syn-ack'
  | 'queries-unanswered'
  | 'tunnels-one-way'
  | 'not-acknowledged'
  | 'flags-cut'
  | 'no-attempt'
  | 'no-dns'
  | 'nothing-arrived'
  | 'no-large-packet'
  | 'no-overlay'
  | 'vnis-differ'
  | 'overlay-encrypted'
  | 'content-cut'
  | 'seen-once'
  | 'ends-too-soon'
  | 'encrypted'
  | 'protocol-not-read'
  | 'no-content'
  | 'switched-off'
  | 'stopped';

/** What is known about one class of fault. */
export interface ReportTriage {
  /** The class. */
  class: FaultClass;
  /** `ok` only where packets show that it works. */
  verdict: 'ok' | 'fault' | 'not-assessable';
  /** The reason as a sentence. */
  because: string;
  /** The same reason for programs. */
  code: TriageCode;
  /** The rule that found the fault; null unless the verdict is `fault`. */
  ruleId: string | null;
}

/** What keeps a rule from claiming what it would find. */
export type GateCode = 'dropped' | 'unreadable' | 'one-way' | 'packets-missed' | 'hop-unknown' | 'handshake-missing';

/** How one rule fared. */
export interface ReportRule {
  /** Id of the rule. */
  ruleId: string;
  /**
   * `gated`: the rule found nothing, and the quality of the captures does not allow to claim what it would find. `off`:
   * it was switched off. `stopped`: the analysis was stopped before the rule was asked.
   */
  status: 'ran' | 'gated' | 'off' | 'stopped';
  /** The reason as a sentence; null unless the rule is gated. */
  because: string | null;
  /** The same reason for programs; null unless the rule is gated. */
  code: GateCode | null;
}

/** What a report that was asked for early rests on. */
export interface ReportPartial {
  /** What ended the reading, for example the name of a signal. */
  because: string;
  /** Captures read to the end. */
  whole: WholeNumber;
  /** Captures read in part. */
  inPart: WholeNumber;
  /** Captures not read at all. */
  unread: WholeNumber;
  /** False when packets of several captures were not compared, or not all of them. */
  compared: boolean;
}

/** A known finding that is found no more: `pcapdiag baseline prune` takes it out. */
export interface ReportUnmatched {
  /** Its fingerprint. */
  fingerprint: string;
  /** Id of its rule. */
  ruleId: string;
}

/** What the gate of a CI job decided, and why. */
export interface ReportGate {
  /** `not-assessable`: evidence that was asked for is not there, so that nothing is said either way. */
  status: 'passed' | 'failed' | 'not-assessable';
  /** Sentences, the weightiest first. */
  because: string[];
  /** Findings of this level or worse fail the gate, unless they are known. */
  failOn: Level | 'never';
  /** Known findings that are found no more. */
  unmatched: ReportUnmatched[];
}

/** Program that wrote a report. */
export interface ReportTool {
  /** Name of the package. */
  name: 'pcapdiag';
  /** Its version (semver). */
  version: string;
}

/**
 * Number of items that are left out of a list.
 *
 * @asType integer
 * @minimum 1
 */
export type ItemsLeftOut = number;

/** Items of each list that are left out. */
export interface ReportLeftOut {
  /** Findings that are not listed. */
  findings?: ItemsLeftOut;
  /** Captures that are not listed. */
  captures?: ItemsLeftOut;
  /** Points that are not listed. */
  points?: ItemsLeftOut;
  /** Paths that are not listed. */
  paths?: ItemsLeftOut;
  /** Translations that are not listed. */
  nat?: ItemsLeftOut;
  /** Clocks that are not listed. */
  clocks?: ItemsLeftOut;
  /** Sentences of `unseen` that are not listed. */
  unseen?: ItemsLeftOut;
}

/** What `analyze` found. Its texts hold no control or format characters: those of captures are written as \u{hex}. */
export interface Report {
  /** Version of the form; fields are added without a new one. */
  schemaVersion: typeof SCHEMA_VERSION;
  /** Program that wrote the report. */
  tool: ReportTool;
  /** Present when reading was stopped early: the report tells what was known then. */
  partial?: ReportPartial;
  /** Present when a gate was asked for. */
  gate?: ReportGate;
  /** The captures, in an order that does not depend on that of the sources. */
  captures: ReportCapture[];
  /** Capture points: one interface of one capture each. */
  points: ReportPoint[];
  /** The first finding, when it is an error or a warning; null when nothing is wrong. */
  verdict: ReportVerdict | null;
  /** The five classes of pod network faults, then others in which something is wrong. */
  triage: ReportTriage[];
  /** The verdict first, then by level and reach; symptoms that a cause explains are notes. */
  findings: ReportFinding[];
  /** The shortest description that separates failing from working attempts, as a sentence; null when there is none. */
  failureDomain: string | null;
  /** Address translations that were seen. */
  nat: ReportNat[];
  /** How the clocks of the hosts stand to each other. */
  clocks: ReportClock[];
  /** Paths that conversations took. */
  paths: ReportPath[];
  /** Single packets of the verdict; null when none is known at several points. */
  ladder: ReportLadder | null;
  /** Where to capture next; null when packets do not vanish, or when the present captures show where. */
  nextCapture: ReportNextCapture | null;
  /** Sentences about what could not be seen. */
  unseen: string[];
  /** How each rule fared, by id. */
  rules: ReportRule[];
  /** Present when pictures were asked for. */
  pictures?: ReportPictures;
  /** Present when the report would be larger than 1 MB: how many items of each list are left out. */
  leftOut?: ReportLeftOut;
}
