// What every bundle of the command goes through.
import { readFileSync } from 'node:fs';

/** One byte for each character in V8's memory instead of two. */
export function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licences of the packages inside, as their terms ask. */
export function licensesOf(chunks) {
  const folders = new Set();
  for (const { modules = {} } of chunks) {
    for (const id of Object.keys(modules)) {
      const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      if (folder !== undefined) folders.add(folder);
    }
  }
  return [...folders].sort().map(licenseOf).join('\n\n');
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = ['LICENSE', 'license', 'LICENSE.md', 'LICENSE.txt'].map((each) => `${folder}/${each}`).find(isFile);
  return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(file, 'utf8')}`;
}

function isFile(path) {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
