import { readInventory } from './cluster/read-inventory.ts';
import type { Selection } from './filter/selection.ts';
import { type KnownCluster, NOTHING_KNOWN } from './flows/evidence/evidence.ts';
import type { RuleSetting } from './heuristics/judge/rule-settings.ts';
import type { OwnRule } from './own-rule.ts';
import type { MissingPackets } from './pipeline/export-missing.ts';
import type { Redaction } from './redact/redaction.ts';
import type { RuleId } from './report/model/report.ts';

/** Where a capture was taken. */
export interface PointOption {
  /** Name of the machine. */
  host: string;
  /** Name of the network device. */
  interface: string;
}

/** What an analysis may be told. */
export interface AnalyzeOptions {
  /** Where a capture was taken, by its path or name; overrides what names and traffic tell. */
  points?: Record<string, PointOption>;
  /** Ranges of service addresses, for example "10.96.0.0/12". */
  serviceCidrs?: readonly string[];
  /** Ranges of pod addresses, for example "10.244.0.0/16". */
  podCidrs?: readonly string[];
  /** Node names to addresses, one or several. */
  nodes?: Record<string, string | readonly string[]>;
  /** Addresses of the DNS servers of the cluster. */
  dnsServers?: readonly string[];
  /** Parsed output of `kubectl get nodes,pods,services,endpointslices -A -o json`: a list, or an array of lists. */
  inventory?: unknown;
  /** The packets that are looked at, before anything is followed; packets keep their numbers. All without it. */
  selection?: Selection;
  /** Rules that are off, or find at another level, by id. A class of which a rule is off is "not-assessable", never "ok". */
  rules?: Readonly<Partial<Record<RuleId, RuleSetting>>>;
  /** Rules of the caller. Their findings stand in the report among the others. */
  ownRules?: readonly OwnRule[];
  /** Rows of sightings kept for each capture, at most. If a capture has more, its findings say that evidence is incomplete. */
  sightings?: number;
  /** Called while reading with the octets read so far and the octets in all, undefined if these are not known. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  /** Aborts the analysis: its promise rejects with the reason of the signal. */
  signal?: AbortSignal;
  /**
   * Ends reading early: the report tells what is known so far and is marked `partial`, with the reason of the signal
   * when that is a text.
   */
  stop?: AbortSignal;
  /**
   * Bytes that a compressed capture may give at most; what comes before is read. Else 200 times its size, 4 GiB at
   * least, and 64 GiB for one of unknown size.
   */
  inflateLimit?: number;
  /**
   * Tells every finding by itself, also those of one cause, and leaves nothing out. Else the report stays below 1 MB as
   * JSON, and says how much was left out.
   */
  allFindings?: boolean;
  /**
   * False takes ordinary packets by the source of what is WebAssembly otherwise: slower, with the same report. For whoever
   * doubts the compiled one.
   */
  core?: boolean;
  /** Replaces addresses, names and texts of programs in the report by pseudonyms. What is found does not change. */
  redaction?: Redaction;
  /**
   * Adds what pictures show (`report.pictures`): the course of the verdict's connection, and the fields of single packets.
   * The captures are read a second time for it; of those that can be read only once, single segments are left out.
   */
  pictures?: boolean;
  /** Called instead of throwing when one of several sources cannot be read; the rest is analysed. */
  onUnreadable?: (error: Error) => void;
  /** Called with the packets that were lost between capture points; the sources are read a second time for it. */
  onMissing?: (missing: MissingPackets) => void | Promise<void>;
}

/**
 * Facts given by options, as the heuristics see them. What an option says goes before what the inventory says.
 *
 * @throws PcapdiagError 'bad-option' for an inventory that kubectl did not write
 */
export function knownFrom(options: AnalyzeOptions): KnownCluster {
  const { serviceCidrs, podCidrs, dnsServers, inventory } = options;
  const listed = inventory === undefined ? NOTHING_KNOWN : readInventory(inventory);
  const nodes = Object.fromEntries(
    Object.entries(options.nodes ?? {}).flatMap(([name, addresses]) =>
      [addresses].flat().map((address) => [address, name] as const),
    ),
  );
  return {
    ...listed,
    serviceCidrs: [...(serviceCidrs ?? listed.serviceCidrs)],
    podCidrs: [...(podCidrs ?? listed.podCidrs)],
    nodes: { ...listed.nodes, ...nodes },
    dnsServers: [...(dnsServers ?? listed.dnsServers)],
    names: { ...listed.names, ...nodes },
    given: listed.given || (serviceCidrs ?? podCidrs ?? options.nodes ?? dnsServers) !== undefined,
  };
}

/** What `correlateDigests` may be told. */
export interface CorrelateDigestsOptions
  extends Pick<
    AnalyzeOptions,
    | 'points'
    | 'serviceCidrs'
    | 'podCidrs'
    | 'nodes'
    | 'dnsServers'
    | 'inventory'
    | 'rules'
    | 'redaction'
    | 'signal'
    | 'allFindings'
  > {
  /**
   * Captures that should be there: HOST/INTERFACE, HOST/NAME, HOST, or the name of a capture. One that is missing, empty or read in
   * part is told in the report.
   */
  expected?: readonly string[];
  /** Rows of all digests in memory at the same time, 59 bytes each; 4,000,000 without it. */
  sightings?: number;
  /** Called instead of throwing when one of several files cannot be read. */
  onUnreadable?: (error: Error) => void;
}
