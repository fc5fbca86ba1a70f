import { expect, test } from 'vitest';
import { pathStrips } from '../../../src/report/formats/path-strip.ts';
import { sampleReport } from '../sample.ts';

const strip = (lost: [number[], number[]], width: number): string[] =>
  pathStrips(
    {
      ...sampleReport(),
      points: ['a', 'b', 'c'].map((name, at) => ({ ...sampleReport().points[0], id: `p${at + 1}`, name })),
      paths: [
        {
          points: ['p1', 'p2', 'p3'],
          conversations: 1,
          packets: [
            [50, 50, 40],
            [20, 20, 27],
          ],
          lost,
        },
      ],
    },
    width,
  );

test('a loss stands between the point that saw the packets last and the next one on their way', () => {
  // To the server 10 are lost behind b; on their way back 7 are lost behind c, the last to see them.
  const lost: [number[], number[]] = [
    [0, 10, 0],
    [0, 0, 7],
  ];
  expect(strip(lost, 80)).toEqual([
    '  1 conversation',
    '    a  ──── b  ───✗─── c',
    '  > 50      50 10 lost 40',
    '  < 20      20 7 lost  27',
  ]);
  expect(strip(lost, 20).join('\n')).toContain('b  > 50  < 20\n      ✗ > 10 lost, < 7 lost\n    c');
});
