/** What the user specified about the cluster. */

/** Facts about the cluster that the user gave, or that are well known. */
export interface KnownCluster {
  serviceCidrs: string[];
  podCidrs: string[];
  /** Node addresses to names. */
  nodes: Record<string, string>;
  dnsServers: string[];
  /** Any address to a name for display: pods, services, nodes. */
  names: Record<string, string>;
  /** Addresses of service endpoints that exist now; null when unknown. */
  endpoints: string[] | null;
  /** MAC addresses of VTEPs to the outer address that their node announces (flannel); absent when unknown. */
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
