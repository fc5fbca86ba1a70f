import type { FaultClass, Subject } from '../rule/rule.ts';

const DNS_PORT = 53;

/**
 * The rows of the triage that a finding counts in. The article has services under CNI; a service that carries DNS is what
 * the article calls a DNS fault, too.
 */
export function triageClassesOf(
  faultClass: FaultClass,
  { protocol, server, serverBeforeNat }: Pick<Subject, 'server' | 'serverBeforeNat'> & { protocol: string },
): FaultClass[] {
  if (faultClass !== 'service') return [faultClass];
  const isDns = protocol === 'dns' || [server, serverBeforeNat].some((end) => end?.endsWith(`:${DNS_PORT}`));
  return isDns ? ['cni', 'dns'] : ['cni'];
}
