// `tributary strategies`: every strategy and every codec that a federation can be given, from their own lists: what each is
// for, its options with their ranges, its paper, and what it cannot be combined with.
import { Option, type Command } from 'commander';
import { conflictsOf } from '#lib/core/aggregation/check-strategy.ts';
import { strategies, strategyGroups } from '#lib/core/aggregation/index.ts';
import type { Strategy } from '#lib/core/aggregation/strategy.ts';
import type { OptimizerSpec } from '#lib/core/model/spec.ts';
import { readOptions, type NumberOption } from '#lib/core/named-options.ts';
import { codecKinds, codecNamed } from '#lib/core/update/codec/index.ts';

export function register(program: Command): void {
  program
    .command('strategies')
    .description(
      'list every strategy and codec, with options, ranges, papers and what each cannot be combined with',
    )
    .addOption(new Option('--json', 'one line of JSON'))
    .action(({ json }: { readonly json?: true }) => {
      if (json === true) console.log(JSON.stringify(listed()));
      else for (const line of spokenLists()) console.log(line);
    });
}

/** The optimisers that a plan can have, by which strategies stand for or against it. */
const optimizers: readonly { readonly words: string; readonly optimizer: OptimizerSpec }[] = [
  { words: 'plain SGD', optimizer: { type: 'sgd', momentum: 0 } },
  { words: 'SGD with momentum', optimizer: { type: 'sgd', momentum: 0.9 } },
  { words: 'Adam', optimizer: { type: 'adam' } },
];

/** Each reason once, with the optimisers that it holds for; with all of them it holds for every plan. */
function conflictLines(strategy: Strategy): string[] {
  const against = new Map<string, string[]>();
  for (const { words, optimizer } of optimizers) {
    const plan = { localEpochs: 1, batchSize: 10, learningRate: 0.1, optimizer, proximalTerm: 0, seed: 0 };
    for (const reason of conflictsOf(strategy, { plan }))
      against.set(reason, [...(against.get(reason) ?? []), words]);
  }
  return [...against].map(([reason, words]) =>
    words.length === optimizers.length
      ? `not in a federation: ${reason}`
      : `not with ${words.join(' or ')}: ${reason}`,
  );
}

/** How many updates a round must have, at the options' defaults; undefined: any number. */
function least(strategy: Strategy): number | undefined {
  const options = readOptions(strategy, {});
  return strategy.needs === 'individual' && options.ok ? strategy.minimumUpdates(options.value) : undefined;
}

const listed = () => ({
  strategies: strategies.map((strategy) => ({
    name: strategy.name,
    title: strategy.title,
    group: strategy.group,
    description: strategy.description,
    paper: strategy.paper,
    needs: strategy.needs,
    minimumUpdates: least(strategy) ?? 1,
    options: strategy.options,
    conflicts: conflictLines(strategy),
  })),
  codecs: codecKinds.map(({ name, usage, offered }) => ({
    name,
    usage,
    offered: offered.map((one) => ({ name: one, title: codecNamed(one).title })),
  })),
});

const optionLine = ({ name, title, hint, minimum, maximum, isWhole, default: usual }: NumberOption): string =>
  `    ${name}=${usual}  ${title}, ${isWhole === true ? 'whole, ' : ''}${minimum} to ${maximum}. ${hint}`;

/** As printed: a block a strategy, by its group, then the codecs. */
export function spokenLists(): string[] {
  const lines: string[] = [];
  for (const group of strategyGroups) {
    lines.push(`${group.title}. ${group.description}`, '');
    for (const strategy of strategies.filter((one) => one.group === group.name)) {
      const needed = least(strategy);
      lines.push(
        `  ${strategy.name}  ${strategy.title} (${strategy.paper})`,
        `    ${strategy.description}`,
        ...strategy.options.map(optionLine),
        ...(needed === undefined ? [] : [`    compares updates: at least ${needed} a round`]),
        ...conflictLines(strategy).map((line) => `    ${line}`),
        '',
      );
    }
  }
  lines.push('Codecs, for what crosses the wire', '');
  for (const { usage, offered } of codecKinds)
    lines.push(`  ${usage}`, ...offered.map((name) => `    ${name}  ${codecNamed(name).title}`));
  return lines;
}
