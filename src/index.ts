export { analyze } from './analyze.ts';
export type { AnalyzeOptions } from './analyze-options.ts';
export type { CaptureSource } from './decode/files/capture-source.ts';
export { fromPcapParser } from './decode/files/from-pcap-parser.ts';
export { PcapdiagError } from './decode/pcapdiag-error.ts';
export { type DecodedPacket, readPackets } from './decode/read-packets.ts';
export type { MissingPackets } from './export-missing.ts';
export { rules } from './heuristics/catalogue.ts';
export type { Meta } from './heuristics/heuristic.ts';
export { judgeMtr, type MtrFinding, type MtrFindingKind, type MtrJudgement } from './mtr/judge-mtr.ts';
export type { MtrHop, MtrReport } from './mtr/mtr-report.ts';
export { formatMtrText } from './mtr/mtr-text.ts';
export {
  type CapturePlan,
  CNI_NAMES,
  type CniName,
  formatPlan,
  type NodePlan,
  type PlannedCapture,
  type PlanRequest,
  planCaptures,
} from './plan.ts';
export { formatJson } from './report/json.ts';
export { formatMarkdown } from './report/markdown.ts';
export type { Report, ReportFinding, ReportVerdict } from './report/report.ts';
export { formatText } from './report/text.ts';
