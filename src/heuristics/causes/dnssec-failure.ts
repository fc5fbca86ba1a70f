import type { Cause } from '../rule/weigh.ts';
import { extendedErrorWords, isDnssec } from '../words/dns-errors.ts';

/** The cause that a check of signatures failed, where the server says so in an extended error; otherwise none. */
export const dnssecCauses = (said: { code: number; text: string } | null): Cause[] =>
  isDnssec(said)
    ? [
        {
          id: 'dnssec-validation',
          cause: 'the server checks signatures (DNSSEC), and those of the zone are missing, wrong or have ended',
          telling: [`it says so: ${extendedErrorWords(said)}`],
          for: [],
          against: [],
          fix: [
            'Repair the signatures of the zone or the trust anchor of the server; delv, or dig +cd, shows which is wrong.',
          ],
        },
      ]
    : [];
