import { type Attempt, endpointText } from '../facts/attempts.ts';
import type { Cause } from '../rule/weigh.ts';
import { podWith } from '../words/commands.ts';
import { counted } from '../words/counted.ts';

/** One endpoint of a service that answers nothing, while its other endpoints answer. */
export interface FailingBackend {
  service: string;
  backend: string;
  address: string;
  failed: number;
  /** All attempts to the service, and the number of endpoints that they were sent to. */
  attempts: number;
  backends: number;
}

export const BACKEND_THRESHOLDS = {
  /** Fewest attempts that one endpoint fails and that the others answer: below three, the difference may be chance. */
  backendAttempts: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
  /** Share of the attempts to other endpoints that must be answered. */
  othersAnswerShare: { value: 0.95, unit: 'share', source: 'docs/thresholds.md, nineteen-of-twenty' },
} as const;

/**
 * The endpoint that all failed attempts were translated to, where other endpoints of the same service answer. Null when
 * the attempts went to several endpoints, or no point shows the translation.
 */
export function failingBackend(all: readonly Attempt[], failed: readonly Attempt[]): FailingBackend | null {
  const [first] = failed;
  const before = first?.conversation.serverBeforeNat ?? null;
  if (before === null || failed.length < BACKEND_THRESHOLDS.backendAttempts.value) return null;
  const service = endpointText(before);
  const backend = endpointText(first.conversation.server);
  /** Also true where no point shows the endpoint that the attempt went to. */
  const isOfService = ({ conversation: { serverBeforeNat }, connection }: Attempt): boolean =>
    endpointText(serverBeforeNat ?? connection.server) === service;
  const isToBackend = ({ conversation }: Attempt): boolean => endpointText(conversation.server) === backend;
  if (!failed.every((attempt) => isOfService(attempt) && isToBackend(attempt))) return null;
  const tried = all.filter(isOfService);
  const others = tried.filter((attempt) => !isToBackend(attempt));
  const answered = others.filter(({ outcome }) => outcome === 'answered').length;
  if (tried.some((attempt) => isToBackend(attempt) && attempt.outcome === 'answered')) return null;
  if (
    answered < BACKEND_THRESHOLDS.backendAttempts.value ||
    answered < others.length * BACKEND_THRESHOLDS.othersAnswerShare.value
  )
    return null;
  return {
    service,
    backend,
    address: first.conversation.server.address,
    failed: tried.filter(isToBackend).length,
    attempts: tried.length,
    backends: new Set(
      tried
        .filter(({ conversation }) => conversation.serverBeforeNat !== null)
        .map(({ conversation }) => endpointText(conversation.server)),
    ).size,
  };
}

export const failingBackendText = ({ backend, backends, failed, attempts }: FailingBackend): string =>
  `all of these were sent to ${backend}, one of ${counted(backends, 'endpoint')} seen (${failed} of ${counted(attempts, 'attempt')} to the service)`;

export const failingBackendCause = (found: FailingBackend): Cause => ({
  id: 'failing-backend',
  cause: `one endpoint of the service fails (${found.backend}): its pod, a policy for it, or its node`,
  telling: [
    failingBackendText(found),
    `the other ${found.backends === 2 ? 'endpoint answers' : `${found.backends - 1} endpoints answer`}`,
  ],
  for: [],
  against: [],
  confirm: [podWith(found.address, 'the pod behind this endpoint, its state and its node')],
  fix: [`Repair or delete the pod with ${found.address}: the other endpoints of the service answer.`],
});

/** Measured values of the failing endpoint for the finding. */
export const measuredBackend = (found: FailingBackend | null) =>
  found === null ? {} : { failingBackend: found.backend, backends: found.backends, attemptsToService: found.attempts };
