import { describe, expect, it } from 'vitest';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { digestOf } from '../../support/digest-of.ts';
import { bytesOf, ethernet, icmp, ipv4, tcp, udp } from '../../support/frames.ts';

const plain = (id: number, payload = 'data') => ethernet({}, ipv4({ id }, tcp({}, payload)));

describe('quality of a capture point', () => {
  it('reports nothing for a clean capture', async () => {
    const { points } = await digestOf([
      [0, plain(1)],
      [0.5, ethernet({}, ipv4({ id: 2 }, icmp({ type: 8 })))],
    ]);
    expect(points[0].quality).toMatchObject({
      packets: 2,
      firstTime: 0,
      lastTime: 0.5,
      cut: 0,
      unreadable: 0,
      malformed: {},
      malformedTotal: 0,
      notDecoded: 0,
      copies: 0,
      mostTimes: 0,
      timeSteps: 0,
      badChecksums: 0,
      partialChecksums: 0,
      icmpPackets: 1,
      arpPackets: 0,
    });
  });

  it('counts cut packets, and those cut before their ports', async () => {
    const frame = plain(1);
    const capture = pcapFile([
      { frame, snaplen: 56 },
      { frame, snaplen: 30 },
    ]);
    const { points } = await digestCapture(capture);
    expect(points[0].quality).toMatchObject({ cut: 2, unreadable: 1, malformedTotal: 0 });
  });

  it('counts malformed headers by layer, and packets that are not decoded separately', async () => {
    const shortIp = ethernet({}, ipv4({ totalLength: 30 }, tcp({})));
    const unknown = ethernet({ etherType: 0x88cc }, [1, 2, 3]);
    const { points } = await digestOf([
      [0, shortIp],
      [0.1, shortIp],
      [0.2, unknown],
    ]);
    expect(points[0].quality).toMatchObject({ malformed: { tcp: 2 }, malformedTotal: 2, notDecoded: 1, unreadable: 0 });
  });

  it('counts times that go back by more than a millisecond', async () => {
    const { points, capture } = await digestOf([
      [10, plain(1)],
      [10.5, plain(2)],
      [10.4995, plain(3)],
      [10.2, plain(4)],
      [9, plain(5)],
    ]);
    expect(points[0].quality).toMatchObject({ timeSteps: 2, firstTime: -1, lastTime: 0.5 });
    expect(points[0].quality.largestTimeStepBack).toBeCloseTo(1.2, 9);
    expect(capture.duration).toBe(0.5);
  });

  it('counts wrong checksums, and partial ones of offload, in the first packets only', async () => {
    const wrong = (id: number) => ethernet({}, ipv4({ id }, tcp({ checksum: 0x1234 }, 'data')));
    const left = ethernet({}, ipv4({ id: 3, checksum: 0 }, udp({ checksum: 0 }, 'data')));
    const frames: [number, ReturnType<typeof plain>][] = [
      [0, plain(1)],
      [0.1, wrong(2)],
      [0.2, left],
      [0.3, wrong(4)],
    ];
    const quality = async (options: object) => (await digestOf(frames, options)).points[0].quality;
    expect(await quality({})).toMatchObject({ badChecksums: 2, partialChecksums: 1 });
    expect(await quality({ limits: { pointChecksums: 2 } })).toMatchObject({ badChecksums: 1, partialChecksums: 0 });
    expect(await quality({ limits: { pointChecksums: 2 }, checksums: true })).toMatchObject({ badChecksums: 2 });
  });

  it('names a link type that is not decoded', async () => {
    const { capture, points } = await digestCapture(
      pcapFile([{ frame: [1, 2, 3] }, { frame: [4] }], { linkType: 127 }),
    );
    expect(capture.undecodedLinkTypes).toEqual({ 'IEEE802_11_RADIOTAP (127)': 2 });
    expect(points[0].quality.notDecoded).toBe(2);
  });

  it('counts a frame of which nothing was captured', async () => {
    const { points } = await digestCapture(pcapFile([{ frame: bytesOf(plain(1)), snaplen: 0 }]));
    expect(points[0].quality).toMatchObject({ packets: 1, cut: 1, unreadable: 1 });
  });
});
