import type { MissingPackets } from './export-missing.ts';
import { type KnownCluster, NOTHING_KNOWN } from './flows/evidence.ts';

export interface AnalyzeOptions {
  /** Where a capture was taken: path to host and interface; overrides what names and traffic tell. */
  points?: Record<string, { host: string; interface: string }>;
  /** Ranges of service addresses, for example "10.96.0.0/12". */
  serviceCidrs?: readonly string[];
  podCidrs?: readonly string[];
  /** Node names to addresses. */
  nodes?: Record<string, string>;
  dnsServers?: readonly string[];
  /** Parsed output of `kubectl get nodes,pods,services,endpointslices -A -o json`. */
  inventory?: unknown;
  /** Rows of sightings kept per capture at most; beyond it findings say that evidence is incomplete. */
  sightings?: number;
  /** Called with bytes read and bytes in all (undefined when not known). */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  signal?: AbortSignal;
  /** Called instead of throwing when one of several sources cannot be read; the rest is analysed. */
  onUnreadable?: (error: Error) => void;
  /** Called with the packets that were lost between capture points; the sources are read a second time for it. */
  onMissing?: (missing: MissingPackets) => void | Promise<void>;
}

/** Facts given by options, as the heuristics see them. */
export function knownFrom(options: AnalyzeOptions): KnownCluster {
  const nodes = Object.fromEntries(Object.entries(options.nodes ?? {}).map(([name, address]) => [address, name]));
  return {
    ...NOTHING_KNOWN,
    serviceCidrs: [...(options.serviceCidrs ?? [])],
    podCidrs: [...(options.podCidrs ?? [])],
    nodes,
    dnsServers: [...(options.dnsServers ?? [])],
    names: { ...nodes },
    given: (options.serviceCidrs ?? options.podCidrs ?? options.nodes ?? options.dnsServers) !== undefined,
  };
}
