import type { FaultClass } from '../report/model/report.ts';
import type { KnownFinding } from './known-finding.ts';

/** Levels from which on findings fail a gate, worst first; `never` fails for none. */
export const FAIL_LEVELS = ['error', 'warning', 'note', 'never'] as const;
/** One of them. */
export type FailLevel = (typeof FAIL_LEVELS)[number];

/** Classes on which every report has a verdict. */
export const JUDGED_CLASSES = [
  'network-unreachable',
  'port-unreachable',
  'dns',
  'large-packet-loss',
  'cni',
  'application',
] as const satisfies readonly FaultClass[];
/** A class on which every report has a verdict. */
export type JudgedClass = (typeof JUDGED_CLASSES)[number];

/** When a report fails. */
export interface GateSettings {
  /** Captures that could not be read: without them nothing has passed. */
  unread?: number;
  /** What is damaged around captures, such as an archive that ends too early: sentences. Nothing has passed then either. */
  damages?: readonly string[];
  /** A report that could judge nothing passes all the same. */
  allowNothing?: boolean;
  /** New findings of this level or worse fail; default "error". */
  failOn?: FailLevel;
  /** Most new warnings; any number without it. */
  maxWarnings?: number;
  /** Classes on which the captures must allow a verdict. */
  requireEvidence?: readonly JudgedClass[];
  /** Findings that are let pass. */
  known?: readonly KnownFinding[];
  /** The date by which known findings expire, "2026-11-29"; without it none has. */
  today?: string;
}
