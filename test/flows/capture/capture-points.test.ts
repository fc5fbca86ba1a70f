import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { CapturePoints, nameOfCapture } from '../../../src/flows/capture/capture-points.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { DEFAULT_LIMITS } from '../../../src/flows/limits.ts';
import { pcapFile, pcapngFile } from '../../support/capture-bytes.ts';
import { ethernet, ipv4, sll, sll2, udp } from '../../support/frames.ts';

const packet = ipv4({ id: 1 }, udp({}, 'x'));
const frame = ethernet({}, packet);
const namesOf = ({ points }: CaptureDigest) => points.map(({ name, quality }) => [name, quality.packets]);

describe('capture points', () => {
  it('a classic file is one point with the name of the file', async () => {
    const digest = await digestCapture({ name: '/tmp/node1__eth0.pcap.gz', data: pcapFile([{ frame }]) });
    expect(digest.points[0]).toMatchObject({
      index: 0,
      name: 'node1__eth0',
      fileInterface: 0,
      linkInterface: -1,
      role: 'unknown',
    });
    expect(digest.capture.path).toBe('/tmp/node1__eth0.pcap.gz');
  });

  it('a capture without packets still has a point', async () => {
    const digest = await digestCapture({ name: 'a.pcap', data: pcapFile([]) });
    expect(namesOf(digest)).toEqual([['a', 0]]);
    expect(digest.capture).toMatchObject({ packets: 0, duration: 0, format: 'pcap' });
    expect(namesOf(await digestCapture({ name: 'b.pcap', data: pcapFile([], { linkType: 276 }) }))).toEqual([['b', 0]]);
  });

  it('each interface of pcapng is a point, even if it saw nothing or shares its name', async () => {
    const records = [
      { frame, interfaceIndex: 0 },
      { frame, interfaceIndex: 3 },
    ];
    const data = pcapngFile(records, [{ name: 'eth0' }, { name: 'cni0' }, { name: 'eth0' }, {}]);
    expect(namesOf(await digestCapture({ name: 'n.pcapng', data }))).toEqual([
      ['eth0', 1],
      ['cni0', 0],
      ['eth0 (2)', 0],
      ['n', 1],
    ]);
  });

  it('each interface index of SLL2 is a point, in order of appearance', async () => {
    const records = [7, 2, 7].map((interfaceIndex) => ({ frame: sll2({ interfaceIndex }, packet) }));
    const { points } = await digestCapture({ name: 'any.pcap', data: pcapFile(records, { linkType: 276 }) });
    expect(points.map(({ linkInterface, quality }) => [linkInterface, quality.packets])).toEqual([
      [7, 2],
      [2, 1],
    ]);
    expect(points.map(({ quality }) => quality.copies)).toEqual([1, 0]);
  });

  it('SLL without interfaces is "any"', async () => {
    const { points } = await digestCapture(pcapFile([{ frame: sll({}, packet) }], { linkType: 113 }));
    expect(points[0].role).toBe('any');
  });

  it('beyond the limit packets go to the last point', async () => {
    const records = [1, 2, 3, 4].map((interfaceIndex) => ({ frame: sll2({ interfaceIndex }, packet) }));
    const { points } = await digestCapture(pcapFile(records, { linkType: 276 }), { limits: { points: 2 } });
    expect(points.map(({ quality }) => quality.packets)).toEqual([1, 3]);
  });

  it('names omit folders and extensions', () => {
    expect(nameOfCapture('C:\\x\\veth1.pcapng')).toBe('veth1');
    expect(nameOfCapture('.pcap')).toBe('.pcap');
    expect(nameOfCapture('capture.tar')).toBe('capture.tar');
  });
});

it('points are found as in a list, up to the limit', () => {
  const place = fc.record({ file: fc.nat(4), link: fc.constantFrom(-1, -1, 0, 1, 2) });
  const described = fc.array(fc.constantFrom(1, 1, 113, 276), { maxLength: 5 });
  const names = ['eth0', undefined, 'any', 'eth0', 'eth0'];
  fc.assert(
    fc.property(
      described,
      fc.array(place, { maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      (linkTypes, places, most) => {
        const points = new CapturePoints({ ...DEFAULT_LIMITS, points: most }, 'file');
        const list: { file: number; link: number; name: string; role: string }[] = [];
        const known = new Map<string, number>();
        const uses = new Map<string, number>();
        const uniqueOf = (name: string): string => {
          const times = (uses.get(name) ?? 0) + 1;
          uses.set(name, times);
          return times === 1 ? name : uniqueOf(`${name} (${times})`);
        };
        const pointOf = (file: number, link: number): number => {
          const key = `${file} ${link}`;
          const index = known.get(key);
          if (index !== undefined) return index;
          if (list.length >= most) return known.set(key, list.length - 1).get(key) as number;
          const name = link >= 0 ? undefined : file < linkTypes.length && file < most ? names[file] : undefined;
          const isAny = link < 0 && (linkTypes[file] === 113 || name === 'any');
          const told = uniqueOf(link >= 0 ? `file interface ${link}` : (name ?? 'file'));
          list.push({ file, link, name: told, role: isAny ? 'any' : 'unknown' });
          known.set(key, list.length - 1);
          return list.length - 1;
        };
        for (const [index, linkType] of linkTypes.entries()) {
          const name = names[index];
          points.onInterface({ index, linkType, snaplen: 100, ...(name !== undefined && { name }) });
          if (linkType !== 276) pointOf(index, -1);
        }
        for (const { file, link } of places) expect(points.pointAt(file, link).index).toBe(pointOf(file, link));
        for (const index of linkTypes.keys())
          if (![...known.keys()].some((key) => key.startsWith(`${index} `))) pointOf(index, -1);
        expect(
          points
            .finish()
            .map((point) => [point.index, point.fileInterface, point.linkInterface, point.name, point.role]),
        ).toEqual(list.map(({ file, link, name, role }, index) => [index, file, link, name, role]));
        expect([0, 1, 5].map((index) => points.linkTypeOf(index))).toEqual(
          [0, 1, 5].map((index) => linkTypes[index] ?? -1),
        );
      },
    ),
    { seed: 55, numRuns: Number(process.env.FC_RUNS ?? 300) },
  );
});
