import type { RttSummary } from '../../../../src/flows/evidence/evidence.ts';
import { senderLimited } from '../../../../src/heuristics/rules/application/sender-limited.ts';
import { applicationFacts } from '../../../support/application-items.ts';
import { download, ending, midStream, roundTrips } from '../../../support/ending-items.ts';
import { ruleTable } from '../../../support/evidence.ts';

const paused = { pauses: 38, pausedSeconds: 7.8 };
/** Without its handshake; the round trips of data that each side acknowledged. */
const begun = (toServer: number | null, toClient: number | null) => ({
  ...midStream,
  rtt: [roundTrips(toServer), roundTrips(toClient)] as [RttSummary | null, RttSummary | null],
});
ruleTable(senderLimited, {
  fires: {
    'nothing under way for most of the time': {
      evidence: download(paused),
      finds: [{ sender: '10.244.2.7', pauses: 38, subject: { server: '10.244.2.7:80' } }],
      says: [/10\.244\.2\.7 sends 400000 octets in 8\.00 s \(50 kB\/s\) and pauses 7\.80 s of it/],
    },
    'without its handshake, where data and FIN were acknowledged soon': {
      evidence: download(paused, begun(0.001, 0.002)),
      finds: [{ pauses: 38 }],
    },
    'cut by the end of the capture, of an announced length': {
      evidence: download(paused, { end: null, application: applicationFacts({ awaited: 200_000 }) }),
      finds: [{ pauses: 38 }],
    },
    'of an upload, the client': {
      evidence: download({ ...paused, direction: 0 }, { toServer: { payloadOctets: 400_000, dataSegments: 280 } }),
      finds: [{ sender: '10.244.1.5' }],
    },
  },
  quiet: {
    'a stream without an end': download(paused, { end: null }),
    'a stream that the client ends': download(paused, { end: ending(9, { direction: 0, byReset: true }) }),
    'events, each small': download({ pauses: 800, pausedSeconds: 7.9 }),
    'something is under way all the time': download({ pauses: 2, pausedSeconds: 0.1 }),
    losses: download(paused, { toClient: { payloadOctets: 400_000, dataSegments: 280, resentSegments: 20 } }),
    'without its handshake, where each pause may be a round trip': download(paused, begun(0.001, 0.2)),
    'without its handshake and without a round trip': download(paused, begun(null, 0.001)),
    'less than a second': download({ ...paused, seconds: 0.9, pausedSeconds: 0.8 }),
  },
});
