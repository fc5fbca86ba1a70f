/** What the user told about the cluster. */

/** Facts about the cluster that were given, or are well known. */
export interface KnownCluster {
  serviceCidrs: string[];
  podCidrs: string[];
  /** Node addresses to names. */
  nodes: Record<string, string>;
  dnsServers: string[];
  /** Any address to a name to show: pods, services, nodes. */
  names: Record<string, string>;
  /** Addresses of service endpoints that exist now, null when not known. */
  endpoints: string[] | null;
  /** MAC addresses of VTEPs to the outer address that their node announces (flannel); absent when not known. */
  vteps?: Record<string, string>;
  given: boolean;
}

export const NOTHING_KNOWN: KnownCluster = {
  serviceCidrs: [],
  podCidrs: [],
  nodes: {},
  dnsServers: [],
  names: {},
  endpoints: null,
  given: false,
};
