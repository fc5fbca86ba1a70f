// Tries every link and every anchor inside a site that was built: a page, a file or a heading that is not there is told.
//   node build/check-links.mjs site
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(process.argv[2] ?? 'site');
const pages = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.html'));
const anchors = new Map(
  pages.map((page) => [page, new Set([...textOf(page).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => decoded(id)))]),
);

const broken = pages.flatMap((page) =>
  [...textOf(page).matchAll(/<a\s[^>]*?href="([^"]+)"/g)]
    .map(([, href]) => decoded(href))
    .filter((href) => !/^(?:[a-z]+:|\/\/)/i.test(href))
    .filter((href) => !leads(page, href))
    .map((href) => `${page}: ${href}`),
);
for (const line of new Set(broken)) console.error(line);
if (pages.length === 0 || broken.length > 0) {
  console.error(pages.length === 0 ? `${root} has no pages` : `${new Set(broken).size} links lead nowhere`);
  process.exitCode = 1;
} else console.log(`${pages.length} pages, every link leads somewhere`);

function leads(page, href) {
  const [path, anchor] = href.split('#');
  const target =
    path === '' ? join(root, page) : path.startsWith('/') ? join(root, path) : join(root, dirname(page), path);
  if (relative(root, target).startsWith('..')) return false;
  const file = [target, `${target}.html`, join(target, 'index.html')].find(
    (each) => existsSync(each) && statSync(each).isFile(),
  );
  if (file === undefined) return false;
  const known = anchors.get(relative(root, file));
  return anchor === undefined || anchor === '' || known === undefined || known.has(decodeURIComponent(anchor));
}

function textOf(page) {
  return readFileSync(join(root, page), 'utf8');
}

function decoded(text) {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
