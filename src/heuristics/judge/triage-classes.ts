import type { FaultClass, Meta, Subject } from '../rule/rule.ts';

const DNS_PORT = 53;

/**
 * The rows of the triage in which a finding counts. The article puts services under CNI. A fault of a service that
 * carries DNS also counts as a DNS fault, as in the article.
 */
export function triageClassesOf(
  faultClass: FaultClass,
  { protocol, server, serverBeforeNat }: Pick<Subject, 'server' | 'serverBeforeNat'> & { protocol: string },
): FaultClass[] {
  if (faultClass !== 'service') return [faultClass];
  const isDns = protocol === 'dns' || [server, serverBeforeNat].some((end) => end?.endsWith(`:${DNS_PORT}`));
  return isDns ? ['cni', 'dns'] : ['cni'];
}

/**
 * Classes that nobody looks at where a rule is not asked. A rule that only finds notes leaves no doubt: a note is no
 * trouble, so no verdict on a class rests on it.
 */
export const classesLeftOpen = ({ faultClass, level }: Meta): FaultClass[] =>
  level === 'note' ? [] : triageClassesOf(faultClass, { protocol: 'ip', server: null });
