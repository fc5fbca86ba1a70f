import type { Evidence, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { netOf } from '../../text/addresses.ts';
import { isVtepMac } from './vtep.ts';

/** Outer addresses behind which inner MACs and inner addresses are found. */
export interface Homes {
  macs: Map<string, Set<string>>;
  addresses: Map<string, Set<string>>;
  /** Outer addresses by net of inner addresses: the pods of a node share one net. */
  nets: Map<string, Set<string>>;
}

export const homesIn = (evidence: Evidence): Homes => ({
  macs: macHomes(evidence),
  addresses: addressHomes(evidence),
  nets: netHomes(evidence),
});

/** Key of an identity in its overlay. It has no point, because an overlay is the same at all points. */
export const homeKey = ({ kind, networkId }: TunnelFlow, identity: string): string =>
  `${kind} ${networkId} ${identity}`;

/** For each MAC, the outer addresses that packets from it come from. */
function macHomes(evidence: Evidence): Map<string, Set<string>> {
  return homesOf(evidence, (flow) => flow.innerSourceMacs.map(({ value }) => value).filter(isVtepMac));
}

/** For each inner address, the outer addresses that packets from it come from. */
function addressHomes(evidence: Evidence): Map<string, Set<string>> {
  return homesOf(evidence, (flow) => flow.innerSources.map(({ value }) => value));
}

const netHomes = (evidence: Evidence): Map<string, Set<string>> =>
  homesOf(evidence, (flow) => flow.innerSources.map(({ value }) => netOf(value)));

function homesOf(evidence: Evidence, identitiesOf: (flow: TunnelFlow) => string[]): Map<string, Set<string>> {
  const homes = new Map<string, Set<string>>();
  for (const flow of evidence.tunnels) {
    for (const identity of identitiesOf(flow)) {
      const key = homeKey(flow, identity);
      const home = homes.get(key);
      if (home === undefined) homes.set(key, new Set([flow.source]));
      else home.add(flow.source);
    }
  }
  return homes;
}
