// Compiles src/flows/ordinary to WebAssembly, from the same files that run as TypeScript. Two files stand in the place of
// others: build/core/memory.assembly and words.assembly, where a read is a load.
//   npm run core                     writes src/flows/ordinary/core-octets.ts
//   node build/core.mjs --print      prints it
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Files whose exports are those of the module. */
const ENTRIES = ['src/flows/ordinary/core.ts', 'src/flows/ordinary/find-ordered.ts'];
const OUT = 'src/flows/ordinary/core-octets.ts';
const INSTEAD = new Map([
  ['src/flows/ordinary/memory.ts', 'build/core/memory.assembly'],
  ['src/flows/tables/words.ts', 'build/core/words.assembly'],
]);
/** The memory is that of LinearMemory: shared, of up to 32,767 pages. */
const MEMORY = [
  '--importMemory',
  '--noExportMemory',
  '--sharedMemory',
  '--initialMemory',
  '1',
  '--maximumMemory',
  '32767',
];
const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'threads', '--use', 'abort=', ...MEMORY];

/** @returns {Promise<Uint8Array>} the module */
async function compiledCore() {
  let octets;
  const { error, stderr } = await asc.main([...ENTRIES, '--outFile', 'core.wasm', ...OPTIONS], {
    readFile: (name) => read(INSTEAD.get(name) ?? name),
    writeFile: (_, written) => {
      octets = written;
    },
    listFiles: () => [],
  });
  if (error || octets === undefined) throw new Error(`${error?.message}\n${stderr}`);
  return octets;
}

function read(name) {
  try {
    return readFileSync(`${root}${name}`, 'utf8');
  } catch {
    return null;
  }
}

/** @param {Uint8Array} octets */
const coreFile = (octets) =>
  [
    '// Made from core.ts by `npm run core`: change the files of this folder, not this one.',
    '',
    `/** The core as WebAssembly, ${octets.length} octets in base64. */`,
    `export const CORE_OCTETS =`,
    `  '${Buffer.from(octets).toString('base64')}';`,
    '',
  ].join('\n');

const written = coreFile(await compiledCore());
if (process.argv.includes('--print')) process.stdout.write(written);
else writeFileSync(`${root}${OUT}`, written);
