/** What the rules found, in final order and ready for wording: the contract between `heuristics` and `report`. */
import type { ClosedGate } from '../facts/gates.ts';
import type { Explanation, FaultClass, Level, Meta, Occurrence, Pending } from '../rule/rule.ts';

/** One finding: an occurrence with its text and its place among the causes. */
export interface Judged {
  meta: Meta;
  occurrence: Occurrence;
  /** Level after causes have taken their symptoms: a symptom that a cause explains is a note. */
  level: Level;
  explanation: Explanation;
  /** Equal for the same fault in another capture. */
  fingerprint: string;
  /** Fingerprints of the findings that this one explains. */
  explains: string[];
  /** Fingerprint of the cause that explains this finding; null when no other finding explains it. */
  explainedBy: string | null;
  /** Others that fare the same by the same cause; null when there are none. */
  alike?: Alike | null;
}

/** The finding speaks for several clients of one server, several servers of one client, or several pairs at one place. */
export interface Alike {
  /** The end of the subject that differs; `pair` where both do. */
  end: 'client' | 'server' | 'pair';
  /** Number of such ends besides the one of the subject. */
  others: number;
  /** The first fifty of them, with the reach of each. */
  listed: { name: string; reach: number }[];
  /** Number of different places that the findings named in words. */
  places: number;
}

/** What is known about one class of fault. It is "ok" only where packets show that it works. */
export interface TriageRow {
  class: FaultClass;
  verdict: 'ok' | 'fault' | 'not-assessable';
  reason: TriageReason;
}

export type { ClosedGate };

/** A rule without an answer: it found nothing, and these gates keep it from claiming what it would find. */
export interface GatedRule {
  ruleId: string;
  /** At least one gate, each for another place or reason. */
  gates: readonly ClosedGate[];
  /** Classes of the triage that the rule leaves open. Empty when its findings would only have been notes. */
  classes: readonly FaultClass[];
}

/** What was read of the connections at the point that shows most of them. */
export interface ReadConnections {
  /** Answers that were read, errors among them, and the connections that had them. */
  answers: number;
  errors: number;
  answered: number;
  encrypted: number;
  unread: number;
  cut: number;
}

/** What packets show to work. */
export type WorkingReason =
  /**
   * Packets passed in both directions, in so many conversations (`echoes`: pings; `others`: of IP protocols other than
   * TCP, UDP and ICMP). `cutFlows` counts TCP flows whose headers are cut before the flags.
   */
  | { code: 'both-ways'; connections: number; cutFlows: number; echoes: number; udp: number; others: number }
  | { code: 'connections-opened'; connections: number }
  /** No connection opened, but connections that began before the capture carried packets in both directions. */
  | { code: 'connections-running'; connections: number }
  /** `isAll`: false when further queries were only counted. */
  | { code: 'queries-answered'; answered: number; of: number; isAll: boolean }
  /** Largest IP length that arrived. */
  | { code: 'large-arrived'; octets: number }
  /** `tunnels`: true when tunnels carry packets in both directions. */
  | { code: 'overlay-works'; tunnels: boolean; translations: number }
  /** Answers of applications were read. `encrypted` and `unread` count the connections beside them. */
  | ({ code: 'answers-read' } & ReadConnections);

/** Why a class is ok, faulty, or open. */
export type TriageReason =
  | WorkingReason
  | { code: 'found'; ruleId: string; message: string }
  /**
   * A symptom of the class follows from a fault of another class. `by` is the rule of that fault; null when it is not
   * among the findings.
   */
  | { code: 'explained'; ruleId: string; by: string | null }
  /** What may be a fault of the class, of which too little was captured to tell. */
  | { code: Pending; ruleId: string; message: string }
  /** Rules of the class could not be judged. `works` is what packets still show to work. */
  | { code: 'gated'; rules: readonly GatedRule[]; works: WorkingReason | null }
  | LackOfAnswers
  /** Connections got no further than the SYN-ACK or its acknowledgement, and none opened. */
  | { code: 'not-acknowledged'; offered: number }
  | { code: 'flags-cut' }
  | { code: 'no-attempt' }
  | { code: 'no-dns' }
  | { code: 'nothing-arrived' }
  /** Largest IP length that arrived. It is below that of a large packet. `isAll`: false when connections were only counted. */
  | { code: 'no-large-packet'; octets: number; isAll: boolean }
  | { code: 'no-overlay' }
  /** Tunnel packets pass both ways between two ends, and never with the same network identifier. */
  | { code: 'vnis-differ' }
  /** Packets of ESP or WireGuard, whose content nobody can read, and no other overlay. */
  | { code: 'overlay-encrypted' }
  /** Octets of applications that were wanted were cut by the snapshot length. */
  | { code: 'content-cut'; connections: number }
  /** Only TLS, and `unread` connections of protocols that are not read. */
  | { code: 'encrypted'; connections: number; unread: number }
  | { code: 'protocol-not-read'; connections: number }
  | { code: 'no-content' }
  /** The class looks well, but rules that would find its faults were switched off. */
  | { code: 'switched-off'; rules: readonly string[] }
  /** The class looks well, but so many rules that would find its faults were not asked, since the analysis was stopped. */
  | { code: 'stopped'; rules: number };

/**
 * Questions were captured and no answer, and too little else to find a fault. `gate` is closed when absence proves
 * nothing at any point that captured the questions. It is null when absence proves something at one point at least.
 */
export type LackOfAnswers = {
  gate: ClosedGate | null;
} /** `halfway`: TCP connections that got resets, or a SYN-ACK that led to nothing. */ & (
  | { code: 'nothing-both-ways'; halfway: number }
  /** Attempts to open a TCP connection. */
  | { code: 'no-syn-ack'; attempts: number }
  | { code: 'queries-unanswered'; of: number; isAll: boolean }
  | { code: 'tunnels-one-way' }
);

/** What shows that the network did its part in the conversations of a finding about programs. */
export interface NetworkProof {
  /** Shortest round trip of their handshakes, seconds; null where no whole handshake was captured. */
  roundTripSeconds: number | null;
  connections: number;
  dataSegments: number;
  /** Data segments that were sent again because one was lost. */
  resent: number;
  /** How long the request waited for its acknowledgement, seconds; null where no acknowledgement came alone. */
  ackSeconds: number | null;
  /** The longest wait for the server after that, seconds; null where nobody waited. */
  silence: { server: string; seconds: number; answered: boolean } | null;
}

/** A rule that was not asked. */
export interface UnaskedRule {
  ruleId: string;
  /** Classes of the triage that nobody looks at without it. Empty when its findings would only have been notes. */
  classes: readonly FaultClass[];
}

export interface Judgement {
  /** Rules that were switched off, with the classes whose faults are not looked for without them. */
  off?: readonly UnaskedRule[];
  /** Rules that were left out since the analysis was stopped: not run, or not asked whether a gate kept them silent. */
  leftOut?: readonly UnaskedRule[];
  /** Null unless the verdict is about programs, and the packets show that the network did its part. */
  networkProof?: NetworkProof | null;
  /** Findings in final order: the verdict first, then by level and reach. */
  findings: Judged[];
  /** Findings that were not worded, since a report of them would be too long. */
  findingsLeftOut?: number;
  /** Ids of the rules that were run. The report sorts them. */
  ran?: readonly string[];
  gated?: readonly GatedRule[];
  /** The smallest description that separates failing from working attempts, as a sentence; null when there is none. */
  failureDomain?: string | null;
  /** The gated rules, by the class that they leave open. */
  notAssessable?: Partial<Record<FaultClass, readonly GatedRule[]>>;
}
