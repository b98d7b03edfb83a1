// `tributary strategies`: every strategy and every codec that a federation can be given, from their own lists: what each is
// for, its options with their ranges, its paper, and what it cannot be combined with; and the models that take neither.
import { Option, type Command } from 'commander';
import { checkStrategy } from '#lib/core/aggregation/check-strategy.ts';
import { checkSums } from '#lib/core/aggregation/check-sums.ts';
import { strategies, strategyGroups } from '#lib/core/aggregation/index.ts';
import { leastUpdates, needsRoot, type Strategy } from '#lib/core/aggregation/strategy.ts';
import { plainRounds, exactAveraging, exactSums } from '#lib/core/federation.ts';
import { readOptions, type NumberOption } from '#lib/core/named-options.ts';
import { summedFamilies, type SummedFamilyEntry } from '#lib/core/summed-models.ts';
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

type Planned = Parameters<typeof checkStrategy>[0];

/** Nothing in it stands against any strategy: as many updates as any compares, plain SGD, everything exact. */
const plainest: Omit<Planned, 'strategy'> = {
  plan: {
    localEpochs: 1,
    batchSize: 10,
    learningRate: 0.1,
    optimizer: { type: 'sgd', momentum: 0 },
    proximalTerm: 0,
    seed: 0,
  },
  rules: {
    ...plainRounds,
    goal: 10_000,
    minimum: 10_000,
    overSelection: 1,
    selectionDeadlineMs: 1_000,
    reportingDeadlineMs: 5_000,
    pauseMs: 0,
    maximumRounds: 1,
  },
  transfer: exactAveraging.transfer,
  personalisation: exactAveraging.personalisation,
};

/** What a federation can have instead, one at a time, by which strategies stand for or against it. */
const changes: readonly { readonly words: string; readonly planned: Omit<Planned, 'strategy'> }[] = [
  {
    words: 'SGD with momentum',
    planned: { ...plainest, plan: { ...plainest.plan, optimizer: { type: 'sgd', momentum: 0.9 } } },
  },
  { words: 'Adam', planned: { ...plainest, plan: { ...plainest.plan, optimizer: { type: 'adam' } } } },
  { words: 'a proximal term', planned: { ...plainest, plan: { ...plainest.plan, proximalTerm: 0.1 } } },
  ...codecKinds.flatMap(({ offered }) =>
    offered.slice(0, 1).map((uplink) => ({
      words: uplink,
      planned: { ...plainest, transfer: { uplink, downlink: 'f32' } },
    })),
  ),
  {
    words: 'layers of one’s own',
    planned: { ...plainest, personalisation: { type: 'fedper', layers: 1 } },
  },
  {
    words: 'normalisation of one’s own',
    planned: { ...plainest, personalisation: { type: 'fedbn' } },
  },
];

/** Each reason once, with what it holds for; what stands against the plainest plan stands against every one. */
function conflictLines({ name }: Strategy): string[] {
  const reasons = (planned: Omit<Planned, 'strategy'>): string[] =>
    checkStrategy({ ...planned, strategy: { name, options: {} } }).map(({ message }) => message);
  const always = reasons(plainest);
  const against = new Map<string, string[]>();
  for (const { words, planned } of changes)
    for (const reason of reasons(planned))
      if (!always.includes(reason)) against.set(reason, [...(against.get(reason) ?? []), words]);
  return [
    ...always.map((reason) => `not in a federation: ${reason}`),
    ...[...against].map(([reason, words]) => `not with ${words.join(' or ')}: ${reason}`),
  ];
}

/** What does not go with a model that is learnt from exact sums, all of it at once. */
const sumsConflicts = ({ title }: SummedFamilyEntry): string[] =>
  checkSums(
    {
      ...exactSums,
      strategy: { name: 'median', options: {} },
      transfer: { uplink: 'eden:3', downlink: 'f32' },
      personalisation: { type: 'finetune', epochs: 1 },
      guard: exactAveraging.guard,
      rules: { ...plainest.rules, mode: { type: 'asynchronous', concurrency: 10_000 } },
    },
    title,
  ).map(({ message }) => message);

const settingsLine = ({ defaults }: SummedFamilyEntry): string =>
  Object.entries(defaults)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** How many updates a round must have, at the options' defaults; undefined: any number. */
function least(strategy: Strategy): number | undefined {
  const options = readOptions(strategy, {});
  return strategy.needs === 'individual' && options.ok ? leastUpdates(strategy, options.value) : undefined;
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
    needsRoot: needsRoot(strategy),
    options: strategy.options,
    conflicts: conflictLines(strategy),
  })),
  codecs: codecKinds.map(({ name, usage, offered }) => ({
    name,
    usage,
    offered: offered.map((one) => ({ name: one, title: codecNamed(one).title })),
  })),
  sums: summedFamilies.map((family) => ({
    name: family.name,
    title: family.title,
    description: family.description,
    settings: family.defaults,
    conflicts: sumsConflicts(family),
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
        ...(needsRoot(strategy)
          ? ['    needs a device that you trust as root: choose it on the console’s page of participants']
          : []),
        ...conflictLines(strategy).map((line) => `    ${line}`),
        '',
      );
    }
  }
  lines.push('Codecs, for what crosses the wire', '');
  for (const { usage, offered } of codecKinds)
    lines.push(`  ${usage}`, ...offered.map((name) => `    ${name}  ${codecNamed(name).title}`));
  lines.push('', 'Models that are learnt from exact sums, and take no strategy and no codec', '');
  for (const family of summedFamilies)
    lines.push(
      `  ${family.name}  ${family.title}`,
      `    ${family.description}`,
      `    ${settingsLine(family)}`,
      ...sumsConflicts(family).map((reason) => `    ${reason}`),
      '',
    );
  return lines;
}
