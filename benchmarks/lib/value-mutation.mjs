/** Values that stand where they should not. */
const STRANGERS = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  '',
  'x',
  '\u001b]0;x\u0007\u202e<b>`|',
  'constructor',
  [],
  {},
  [[]],
  { $column: 0 },
  { $column: 1e9 },
  { $map: [] },
  { $map: [['a', 1]] },
  { $set: [1] },
  { $number: 'NaN' },
  { $number: 'Infinity' },
  { $object: [['__proto__', {}]] },
  { $what: 1 },
];

/** A change of plain data in one to three places: a value replaced, left out, doubled, or put where another is. */
export function valueMutation(random) {
  const below = (most) => Math.floor(random() * most);
  const pick = (list) => list[below(list.length)];
  return (value) => {
    const tree = { root: structuredClone(value) };
    for (let times = pick([1, 1, 2, 3]); times > 0; times--) {
      const places = placesIn(tree);
      const { holder, key } = pick(places);
      const now = holder[key];
      const kind = below(6);
      if (kind <= 1) holder[key] = structuredClone(pick(STRANGERS));
      else if (kind === 2 && typeof now === 'number') holder[key] = pick([now + 1, now - 1, -now, now * 1e6, now / 2]);
      else if (kind === 2 && typeof now === 'string') holder[key] = pick([`${now}x`, now.slice(1), now.repeat(3)]);
      else if (kind === 3 && Array.isArray(holder)) holder.splice(key, 1);
      else if (kind === 3 && holder !== tree) delete holder[key];
      else if (kind === 4 && Array.isArray(holder)) holder.splice(key, 0, structuredClone(now));
      else {
        const other = pick(places);
        holder[key] = structuredClone(other.holder[other.key]);
      }
    }
    return tree.root;
  };
}

/** Every value below, by what holds it. Lists of many items are not looked through to the end. */
function placesIn(root) {
  const places = [];
  const walk = (holder) => {
    for (const key of Object.keys(holder).slice(0, MOST_OF_ONE)) {
      const place = Array.isArray(holder) ? Number(key) : key;
      places.push({ holder, key: place });
      if (typeof holder[key] === 'object' && holder[key] !== null) walk(holder[key]);
    }
  };
  walk(root);
  return places;
}
const MOST_OF_ONE = 200;
