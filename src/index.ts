export { analyze, examine } from './analyze.ts';
export type { AnalyzeOptions, CorrelateDigestsOptions, PointOption } from './analyze-options.ts';
export { podAddresses } from './cluster/pod-addresses.ts';
export { type Correlated, correlateDigests, type Wanted } from './correlate-digests.ts';
export type {
  CaptureFormat,
  CaptureInterface,
  CaptureRecord,
  FileProblem,
  RecordSink,
} from './decode/files/capture-record.ts';
export type {
  ByteStream,
  CaptureFile,
  CaptureParts,
  CaptureSource,
  NamedCapture,
  OfBytes,
} from './decode/files/capture-source.ts';
export {
  fromPcapParser,
  type PcapParserEvents,
  type PcapParserFileHeader,
  type PcapParserPacket,
  type PcapParserResult,
  type PcapParserSource,
} from './decode/files/from-pcap-parser.ts';
export { gunzipBeforeDamage } from './decode/files/gunzip.ts';
export { isCapture } from './decode/files/sniff.ts';
export {
  type ArchiveOptions,
  isTarHeader,
  type PeekedTar,
  peekTar,
  type TarMember,
  tarMembers,
} from './decode/files/tar-archive.ts';
export { TUNNEL_KINDS, type TunnelKind } from './decode/packet.ts';
export {
  type DecodedIcmp,
  type DecodedPacket,
  type DecodedTcp,
  type DecodedTunnel,
  type PacketReadOptions,
  readPackets,
} from './decode/read-packets.ts';
export type { Examination } from './examination.ts';
export {
  type ExportOptions,
  exportPackets,
  type FindingName,
  type PacketExport,
  type Written,
} from './export-packets.ts';
export { FilterError } from './filter/filter-error.ts';
export type { Selection } from './filter/selection.ts';
export type { DigestIdentity } from './flows/digest/digest-file.ts';
export type { TcpState } from './flows/evidence/evidence.ts';
export { formatReport, formatUnread } from './format-report.ts';
export {
  BASELINE_NAME,
  type Baseline,
  type BaselineChange,
  type BaselineDates,
  type BaselineEntry,
  baselineEntries,
  formatBaseline,
  knownFromBaseline,
  prunedBaseline,
  readBaseline,
  updatedBaseline,
} from './gate/baseline.ts';
export {
  compareRecordings,
  DIFFERENCE_KINDS,
  type Difference,
  type DifferenceKind,
  notCompared,
  type Recording,
} from './gate/compare.ts';
export { type ClusterFacts, CONFIG_NAMES, type Config, readConfig } from './gate/config.ts';
export { type GatedReport, isJudged, withGate } from './gate/decide.ts';
export { type MeasuredCaptures, withExpectations } from './gate/expectations.ts';
export {
  FAIL_LEVELS,
  type FailLevel,
  type GateSettings,
  JUDGED_CLASSES,
  type JudgedClass,
} from './gate/gate-settings.ts';
export type { KnownFinding } from './gate/known-finding.ts';
export type { MeasureExpectation, MeasureKind } from './gate/measures.ts';
export {
  type ConversationExpectation,
  type Expectations,
  type ExpectedFinding,
  knownFromScenario,
  readScenario,
  type Scenario,
} from './gate/scenario.ts';
export type { TrafficMeasures } from './gate/traffic-measures.ts';
export type {
  HopFinding as MtrFinding,
  HopFindingKind as MtrFindingKind,
  ProbedHop as MtrHop,
} from './heuristics/facts/judge-hops.ts';
export type { RuleSetting, RuleSettings } from './heuristics/judge/rule-settings.ts';
export type { Measured, MeasuredByRule } from './heuristics/rule/measured.ts';
export {
  type Command,
  FAULT_CLASSES,
  type FaultClass,
  type Grade,
  type Level,
  type Meta,
  type PageCommand,
  type PlaceFollowsFrom,
  type RulePage,
  type Shows,
  SYMPTOM_GROUPS,
  type SymptomGroup,
  type Threshold,
  type Unit,
} from './heuristics/rule/rule.ts';
export type { Hypothesis, Likelihood } from './heuristics/rule/weigh.ts';
export { formatHops, type HopRetransmissions, hopStats } from './hop-stats.ts';
export {
  type CaptureStats,
  type Count,
  captureStats,
  type DnsStats,
  formatStats,
  type NamedCount,
  type ServerTimes,
  type TcpStats,
} from './inspect/capture-stats.ts';
export type { DnsTimes } from './inspect/dns-times.ts';
export type { FlowRow, FlowState } from './inspect/flow-row.ts';
export { formatFlows } from './inspect/flow-table.ts';
export {
  FOLLOW_FORMS,
  FOLLOW_SIDES,
  type FollowForm,
  type FollowOptions,
  type FollowSide,
  followFlow,
} from './inspect/follow-flow.ts';
export { FLOW_ORDERS, type FlowList, type FlowListOptions, type FlowOrder, listFlows } from './inspect/list-flows.ts';
export { listPackets, type PacketListOptions } from './inspect/list-packets.ts';
export type { InspectOptions } from './inspect/read-selected.ts';
export { type DigestOptions, type MadeFile, makeDigest, makeRows } from './make-digest.ts';
export { type MeasureOptions, measureTraffic } from './measure-traffic.ts';
export { judgeMtr, type MtrJudgement } from './mtr/judge-mtr.ts';
export type { MtrReport } from './mtr/mtr-report.ts';
export { formatMtrText } from './mtr/mtr-text.ts';
export type { OwnEvidence, OwnFinding, OwnRule } from './own-rule.ts';
export type { MissingPackets } from './pipeline/export-missing.ts';
export type { StoredFile, WantedOfCapture } from './pipeline/stored-digests.ts';
export { formatJobs } from './plan/format-jobs.ts';
export type { JobsRequest, KubernetesList } from './plan/jobs-request.ts';
export { planJobs } from './plan/kubernetes-jobs.ts';
export { type CapturePlan, formatPlan, type NodePlan, planCaptures } from './plan/plan-captures.ts';
export { CNI_NAMES, type CniName, type PlanRequest } from './plan/plan-request.ts';
export type { PlannedCapture } from './plan/plan-script.ts';
export { Redaction } from './redact/redaction.ts';
export type { RuleHelp } from './report/formats/ci/sarif-rule.ts';
export { formatCommands } from './report/formats/commands-text.ts';
export type { FormatName, FormatOptions } from './report/formats/format-table.ts';
export { formatJson } from './report/formats/json.ts';
export { formatMarkdown, type MarkdownOptions } from './report/formats/markdown.ts';
export { formatText, type TextOptions } from './report/formats/text.ts';
export { formatHtml } from './report/html/page.ts';
export type { ReportPictures } from './report/model/pictures.ts';
export type * from './report/model/report.ts';
export { SCHEMA_VERSION } from './report/model/report.ts';
export { formatPicture, PICTURE_NAMES, type PictureName } from './report/pictures/gallery.ts';
export { rules } from './rule-pages.ts';
export type { ConnectionRow, DirectionRow } from './tables/connection-row.ts';
export type { Table } from './tables/lazy-table.ts';
export type { LookupAnswer, LookupRow } from './tables/lookup-row.ts';
export type { Tables } from './tables/tables.ts';
export type { TunnelChecksums, TunnelRow } from './tables/tunnel-row.ts';
export { type ErrorCode, PcapdiagError } from './text/pcapdiag-error.ts';
