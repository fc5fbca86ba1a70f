import { expect, test } from 'vitest';
import { nearestName } from '../../../../src/heuristics/facts/dns/wanted-names.ts';
import { dns, evidence } from '../../../support/evidence.ts';

const known = (...names: string[]) => evidence({ dns: names.map((name) => dns({ name, answered: 0.01 })) });

test('a name is near one that is written almost alike, else beside one that differs in its first label', () => {
  expect(nearestName(known('orders.shop.svc', 'db.other.example'), 'order.shop.svc')).toEqual({
    name: 'orders.shop.svc',
    isNear: true,
  });
  expect(nearestName(known('db.other.example', 'payments.shop.svc'), 'web.shop.svc')).toEqual({
    name: 'payments.shop.svc',
    isNear: false,
  });
  expect(nearestName(known('db.other.example'), 'web.shop.svc')).toBeNull();
  expect(nearestName(known('db.other.example'), 'frontend')).toBeNull();
});
