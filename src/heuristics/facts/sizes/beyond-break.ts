import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { isPrivate } from '../../../text/addresses.ts';
import { isNodePort } from '../node-ports.ts';
import { serviceAddressesOf } from '../service-addresses.ts';
import type { Cliff } from './cliff.ts';

/** Whom to ping so that the ping passes the break. */
export interface BeyondBreak {
  /** The address at the far end of the path, behind all translation; null where no point shows it. */
  target: string | null;
  /** The address that the sender uses, where a node in front of the break answers pings to it itself; else null. */
  front: string | null;
  /** The port of a service at `front`: it finds the service and its pods; 0 otherwise. */
  servicePort: number;
}

/**
 * The far end of a cliff. A packet to a NodePort or a service address is translated on the first node, and a ping to
 * that address is answered there: it says nothing of what lies behind.
 */
export function beyondBreak(evidence: Evidence, { conversations, direction, receiver }: Cliff): BeyondBreak {
  for (const { client, server, serverBeforeNat, clientAfterNat } of conversations) {
    const [far, translated] = direction === 0 ? [server, serverBeforeNat] : [client, clientAfterNat];
    if (translated !== null && translated.address !== far.address)
      return { target: far.address, front: translated.address, servicePort: direction === 0 ? translated.port : 0 };
    if (direction === 1 || far.address !== receiver) continue;
    const isService =
      (isNodePort(far.port) && isPrivate(far.address)) || serviceAddressesOf(evidence).signOf(far.address) !== null;
    if (isService) return { target: null, front: far.address, servicePort: far.port };
  }
  return { target: receiver, front: null, servicePort: 0 };
}
