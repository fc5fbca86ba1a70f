/** No capture, no link to one, no digest that is read and no report is lost by the other commands that write files. */
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CAPTURES, runsInFolder } from '../support/runs-in-folder.ts';

const [CAPTURE] = CAPTURES;
const SCENARIO = `captures: captures/${CAPTURE}\nexpect: { findings: mtu-black-hole }\n`;

/** Path of a digest of the capture. */
let digest: string;
const { at, run, said, everything } = runsInFolder([CAPTURE], async ({ at, run, said }) => {
  for (const name of ['digests', 'made']) mkdirSync(at(name));
  writeFileSync(at('key'), 'a key\n', { mode: 0o600 });
  writeFileSync(at('nodes.txt'), 'node9\n');
  writeFileSync(at('case.pcapdiag.yml'), SCENARIO);
  await run('digest', '-o', at('digests'), at('captures', CAPTURE));
  digest = said.output.trim();
  const { capture } = JSON.parse(
    /\{.*?"capture":"\w+".*?\}/.exec(readFileSync(digest, 'latin1'))?.[0].concat('}') ?? '',
  );
  const wanted = { wantedVersion: 1, captures: [{ capture, name: CAPTURE, flows: 'all' }] };
  writeFileSync(at('wanted.json'), JSON.stringify(wanted));
  symlinkSync(digest, at('digest-link'));
});

/** Words with @ are paths in the folder; @digest is the digest. */
const words = (line: string): string[] =>
  line.split(' ').map((word) => (word === '@digest' ? digest : word.replace(/^@/, `${at()}/`)));

describe('targets that are refused: nothing is changed, and the status is 2', () => {
  test.each([
    [`export -o @captures/${CAPTURE} @captures`, /--output: .* is read/],
    ['export -o @link @captures', /is read/],
    ['export -o @hard @captures', /is read/],
    ['export -o @other.pcap @captures', /is a capture/],
    ['export --redact-key-file @key -o @key @captures', /is read/],
    ['analyze -f html -o @link @captures', /is read/],
    ['analyze -f sarif --redact-key-file @key -o @key @captures', /is read/],
    ['correlate -o @digest @digests', /--output: .* is read/],
    ['correlate -o @digest-link @digests', /is read/],
    ['correlate -o @other.pcap @digests', /is a capture/],
    ['correlate --wanted @digest @digests', /--wanted: .* is read/],
    ['correlate --wanted @digest-link -o @new @digests', /--wanted: .* is read/],
    [`correlate --wanted @captures/${CAPTURE} @digests`, /--wanted: .* is a capture/],
    ['correlate --wanted @new -o @new @digests', /--wanted: .* is written by --output, too/],
    ['correlate --wanted @report -o @report @digests', /--wanted: .* is written by --output, too/],
    ['correlate --expect @nodes.txt -o @nodes.txt @digests', /is read/],
    ['correlate --expect @nodes.txt --wanted @nodes.txt @digests', /--wanted: .* is read/],
    [`digest -o @captures/${CAPTURE} @captures/${CAPTURE}`, /--output: /],
    ['digest -o @link @captures', /--output: /],
    ['rows --wanted @wanted.json -o @report @captures', /--output: /],
    ['check -o @case.pcapdiag.yml @case.pcapdiag.yml', /is read/],
    ['check -o @link @case.pcapdiag.yml', /is read/],
    ['check -o @other.pcap @case.pcapdiag.yml', /is a capture/],
    [`baseline write --baseline @captures/${CAPTURE} @captures`, /is there/],
    ['baseline write --baseline @report @captures', /is there/],
    ['baseline update --baseline @link @captures', /./],
    ['baseline prune --baseline @report @captures', /./],
  ] as [string, RegExp][])('%s', async (line, message) => {
    const before = everything();
    expect(await run(...words(line)), said.errors).toBe(2);
    expect(said.errors).toMatch(message);
    expect(everything()).toEqual(before);
  });
});

describe('what lies at the place of a digest or of rows', () => {
  test.each(['digest', 'rows --wanted @wanted.json'])(
    '%s: a link or a name of the capture stays one',
    async (command) => {
      const before = everything();
      const capture = at('captures', CAPTURE);
      expect(await run(...words(`${command} -o @made`), capture), said.errors).toBe(0);
      const name = basename(said.output.trim());
      const { [`made/${name}`]: made, ...rest } = everything();
      expect(made).toBeDefined();
      expect(rest).toEqual(before);
      for (const place of [() => symlinkSync(capture, at('made', name)), () => linkSync(capture, at('made', name))]) {
        rmSync(at('made', name));
        place();
        const taken = everything();
        expect(await run(...words(`${command} -o @made`), capture)).toBe(2);
        expect(said.errors).toContain('which is read');
        expect(everything()).toEqual(taken);
      }
    },
  );

  test('among the captures, nothing but the digest is added', async () => {
    const before = everything();
    expect(await run('digest', '-o', at('captures'), at('captures'))).toBe(0);
    const { [`captures/${basename(said.output.trim())}`]: added, ...rest } = everything();
    expect(added).toBeDefined();
    expect(rest).toEqual(before);
  });
});
