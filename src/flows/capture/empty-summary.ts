import type { CaptureSummary } from '../evidence/evidence.ts';

/** The summary of a capture of which nothing was read yet. */
export const emptySummary = (path: string): CaptureSummary => ({
  path,
  format: '',
  packets: 0,
  baseSeconds: 0,
  baseNanoseconds: 0,
  duration: 0,
  snaplen: 0,
  dropped: null,
  filters: [],
  comments: [],
  problems: [],
  problemsTotal: 0,
  undecodedLinkTypes: {},
});
