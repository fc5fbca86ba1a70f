import { receiveWindowLimited } from '../../../../src/heuristics/rules/application/receive-window-limited.ts';
import { download } from '../../../support/ending-items.ts';
import { ruleTable } from '../../../support/evidence.ts';

const window = { octets: 900_000, seconds: 4.4, meanWindow: 8688 };
ruleTable(receiveWindowLimited, {
  fires: {
    'one window a round trip': {
      evidence: download(window),
      finds: [{ receiver: '10.244.1.5', grade: 'confirmed', subject: { server: '10.244.2.7:80' } }],
      says: [
        /The window of 10\.244\.1\.5 limits the transfer to 205 kB\/s: 8688 octets for each round trip of 40\.1 ms/,
      ],
    },
    'of an upload, the server': {
      evidence: download({ ...window, direction: 0 }),
      finds: [{ receiver: '10.244.2.7' }],
    },
    'a slow reader on a short path': {
      evidence: download(
        { octets: 6_000_000, seconds: 10, meanWindow: 14_000, heldSeconds: 9.4 },
        { handshakeServerSide: 0.0001 },
      ),
      finds: [{ receiver: '10.244.1.5', isSlowReader: true, measured: { heldSeconds: 9.4 } }],
      says: [/10\.244\.1\.5 reads slowly: its window is full for 9\.40 s of 10\.\d+ s/],
    },
    'windows are not scaled on a long path': {
      evidence: download(
        { octets: 3_000_000, seconds: 10, meanWindow: 65_000 },
        { handshakeServerSide: 0.2, toServer: { windowScale: null } },
      ),
      finds: [{ scaled: false }],
    },
  },
  quiet: {
    'a receiver that reads at its pace for less than half of the time': download(
      { octets: 6_000_000, seconds: 10, meanWindow: 14_000, heldSeconds: 4 },
      { handshakeServerSide: 0.0001 },
    ),
    'a queue on the path: the window is full and as large as ever': download(
      { octets: 1_400_000, seconds: 30, meanWindow: 32_800, heldSeconds: 27 },
      { handshakeServerSide: 0.014, toClient: { payloadOctets: 1_400_000, largestFlight: 33_580 } },
    ),
    'a short path': download(window, { handshakeServerSide: 0.001 }),
    'the sender pauses': download({ ...window, pauses: 10, pausedSeconds: 3 }),
    'far below one window a round trip': download({ ...window, octets: 200_000 }),
    'a window that has grown': download({ octets: 30_000_000, seconds: 4, meanWindow: 300_000 }),
    losses: download(window, { toClient: { payloadOctets: 900_000, dataSegments: 600, resentSegments: 30 } }),
  },
});
