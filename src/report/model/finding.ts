/** One fault that a rule found. */

import type { Measured, MeasuredByRule } from '../../heuristics/rule/measured.ts';
import type { Command, FaultClass, Grade, Level } from '../../heuristics/rule/rule.ts';
import type { Hypothesis } from '../../heuristics/rule/weigh.ts';
import type { CaptureId, PacketNumber, PointId, Timestamp, WholeNumber } from './quantities.ts';

/** Id of a rule of pcapdiag. */
export type RuleId = keyof MeasuredByRule;

/** Id of a rule of another program: a name, a slash and a name, so that it can never be one of `RuleId`. */
export type OwnRuleId = `${string}/${string}`;

/** What the rule of this id measures. */
export type MeasuredOf<Id extends RuleId | OwnRuleId> = Id extends RuleId ? MeasuredByRule[Id] : Measured;

/** A packet that proves the finding. */
export interface ReportEvidence {
  /** The capture that holds it. */
  capture: CaptureId;
  /** The point where it was captured. */
  point: PointId;
  /** Its number in the capture. */
  packet: PacketNumber;
  /** Seconds since the first packet of the capture. */
  relativeSeconds: number;
  /** Its time as captured. */
  time: Timestamp;
  /** `>` from client to server, `<` from server to client; empty where there are no such roles. */
  direction: '>' | '<' | '';
  /** Flags, ranges and sizes in a line like tcpdump's; may be empty. */
  note: string;
}

/** The hosts that a finding is about. Addresses are text from the capture. */
export interface ReportSubject {
  /** tcp, udp, icmp, arp, dns, tunnel, ip or capture. */
  protocol: string;
  /** ADDRESS or ADDRESS:PORT of the end that asks; null where there is none. */
  client: string | null;
  /** ADDRESS or ADDRESS:PORT of the end that is asked; null where there is none. */
  server: string | null;
  /** The server as the client named it, before a translation; null where none was seen. */
  serverBeforeNat: string | null;
  /** Names of these addresses, by address, from the inventory and the options. */
  names: Record<string, string>;
}

/** Where the fault lies. */
export interface ReportLocation {
  /** The last point that saw the packets, and the first one that should have; null where there are no two such points. */
  between: [PointId, PointId] | null;
  /** The place in words. */
  text: string;
}

/** Others that the same cause befalls. */
export interface ReportAlike {
  /** The end of `subject` that differs; `pair`: both, and what they share is the place. */
  end: 'client' | 'server' | 'pair';
  /**
   * Number of such ends besides that of `subject`.
   *
   * @asType integer
   * @minimum 1
   */
  others: number;
  /**
   * The first of them.
   *
   * @maxItems 50
   */
  listed: ReportAlikeEnd[];
}

/** One of those ends. */
export interface ReportAlikeEnd {
  /** ADDRESS or ADDRESS:PORT, for a pair "client > server". */
  name: string;
  /**
   * Attempts, connections or exchanges of it.
   *
   * @minimum 0
   */
  reach: number;
}

/** A fix that is a command. It changes the machine. */
export interface ReportRepair {
  /** The machine on which to run it. */
  on: string;
  /** The command, quoted for a POSIX shell. */
  command: string;
}

/** Why a gate lets a finding pass. */
export interface ReportKnown {
  /** Where it is listed. */
  from: 'baseline' | 'configuration' | 'scenario';
  /** The reason that stands there. */
  reason: string;
}

/** What every finding has, whatever its rule. */
export interface FindingBase {
  /** Id of the rule. Each minor version may bring new ones. */
  ruleId: string;
  /** Class of the fault. */
  class: FaultClass;
  /** How bad it is. A symptom that another finding explains is a note. */
  level: Level;
  /** How sure it is. */
  grade: Grade;
  /** The finding in one sentence. */
  message: string;
  /** How it is known. */
  why: string;
  /** The hosts that it is about. */
  subject: ReportSubject;
  /** Where the fault lies. */
  location: ReportLocation;
  /** The numbers behind the message. */
  measured: Measured;
  /**
   * Packets that prove it, in order of time; at most 50.
   *
   * @maxItems 50
   */
  evidence: ReportEvidence[];
  /** Number of all packets that prove it, those that are not listed included. */
  evidenceTotal: WholeNumber;
  /** Possible causes, the one with the best evidence first. */
  hypotheses: Hypothesis[];
  /** Commands that decide between the causes. They change nothing. */
  confirm: Command[];
  /** What repairs it, as sentences; those for the likely causes first. */
  fix: string[];
  /** Those fixes that are commands. */
  repairs: ReportRepair[];
  /** Display filter of Wireshark that shows the packets. */
  wireshark: string;
  /** Fingerprints of the findings that follow from this one. */
  explains: string[];
  /** Fingerprint of the cause that explains this finding; null when it has none. */
  explainedBy: string | null;
  /**
   * Attempts, connections or exchanges that it covers.
   *
   * @minimum 0
   */
  reach: number;
  /** Present when the finding speaks for others as well. */
  alike?: ReportAlike;
  /** The same for the same trouble in another capture. */
  fingerprint: string;
  /** Present when a baseline, the configuration or a scenario lists this finding: a gate lets it pass. */
  known?: ReportKnown;
}

/** A finding of one rule, with what that rule measures. */
export interface FindingOf<Id extends RuleId | OwnRuleId> extends FindingBase {
  /** Id of the rule. */
  ruleId: Id;
  /** The numbers behind the message. */
  measured: MeasuredOf<Id>;
}

/** A finding of any rule: comparing `ruleId` with an id narrows the type of `measured`. */
export type ReportFinding = { [Id in RuleId]: FindingOf<Id> }[RuleId] | FindingOf<OwnRuleId>;
