import { expect, test } from 'vitest';
import { strategies } from '#lib/core/aggregation/index.ts';
import { codecKinds } from '#lib/core/update/codec/index.ts';
import { spokenLists } from './strategies.ts';

test('every strategy is printed once with its paper and options, and every codec', () => {
  const lines = spokenLists();
  for (const { name, title, paper, options } of strategies) {
    const at = lines.indexOf(`  ${name}  ${title} (${paper})`);
    expect(at, name).toBeGreaterThan(0);
    const block = lines.slice(at, lines.indexOf('', at));
    for (const option of options)
      expect(block.join('\n')).toContain(`${option.name}=${option.default}  ${option.title}`);
  }
  for (const { usage } of codecKinds) expect(lines).toContain(`  ${usage}`);
});

test('what a strategy cannot be combined with is said with its reason, once for all that it holds for', () => {
  const lines = spokenLists();
  const about = (name: string): string => {
    const at = lines.findIndex((line) => line.startsWith(`  ${name}  `));
    return lines.slice(at, lines.indexOf('', at)).join('\n');
  };
  expect(about('scaffold')).toContain('not with SGD with momentum or Adam: ');
  expect(about('scaffold')).toContain('not with a proximal term: ');
  expect(about('scaffold')).toContain('not with topk:0.1: ');
  expect(about('scaffold')).toContain('not with layers of one’s own or normalisation of one’s own: ');
  expect(about('fednova')).toContain('not with Adam: ');
  expect(about('fltrust')).toContain('at least 2 a round');
  expect(about('fltrust')).toContain('needs a device that you trust as root');
  expect(about('fedavg')).not.toContain('not ');
  expect(about('boosted-trees')).toContain('stages=40 depth=4');
  expect(about('boosted-trees')).toContain('eden:3 sends values rounded');
  expect(about('k-means')).toContain('choose synchronous rounds');
});
