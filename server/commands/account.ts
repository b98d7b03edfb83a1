// `tributary account`: what releases with Gaussian noise cost in (ε, δ), and how much noise a wanted ε needs.
import { InvalidArgumentError, type Command } from 'commander';
import {
  account,
  accountants,
  ADJACENCY,
  noiseFor,
  type Account,
  type Accountant,
  type Precision,
  type Releases,
} from '#lib/core/privacy/account.ts';
import { numberOf, oneOf, wholeOf } from '../simulate/flags.ts';

interface Flags {
  readonly sampling: number;
  readonly noiseMultiplier?: number;
  readonly epsilon?: number;
  readonly steps: number;
  readonly delta: number;
  readonly accountant: Accountant;
  readonly orders?: readonly number[];
  readonly interval?: number;
  readonly json?: true;
}

const ordersOf = (text: string): readonly number[] => {
  const orders = text.split(',').map(Number);
  if (orders.length > 0 && orders.every((order) => order > 1 && order <= 100_000)) return orders;
  throw new InvalidArgumentError('Numbers above 1, as 1.5,2,4,32.');
};

const deltaOf = (text: string): number => {
  const delta = text.trim() === '' ? NaN : Number(text);
  if (delta > 0 && delta < 1) return delta;
  throw new InvalidArgumentError('A number above 0 and below 1, as 1e-5.');
};

export function register(program: Command): void {
  program
    .command('account')
    .description('what noisy releases cost in privacy (ε at δ), or the noise that a wanted ε needs')
    .requiredOption(
      '--sampling <q>',
      'chance of a participant to be in a release, drawn by the server; 1: no amplification',
      numberOf(0, 1),
    )
    .option(
      '--noise-multiplier <z>',
      'standard deviation of the noise, in sensitivities',
      numberOf(0, 1_000_000),
    )
    .option(
      '--epsilon <wanted>',
      'instead of a noise multiplier: print the least that costs no more',
      numberOf(0, 1_000_000, true),
    )
    .requiredOption('--steps <T>', 'releases', wholeOf(0, 1_000_000_000))
    .requiredOption('--delta <d>', 'chance that the bound may fail', deltaOf)
    .option(
      '--accountant <name>',
      'pld (privacy loss distribution) or rdp (Rényi)',
      oneOf(...accountants),
      'pld',
    )
    .option('--orders <list>', 'rdp: the orders to choose from, as 1.25,2,32', ordersOf)
    .option('--interval <width>', 'pld: the grid of losses; 0.0001 where left out', numberOf(1e-7, 0.1))
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
Adjacency: one participant more or less, with everything it ever sent. ε of Infinity: nothing is protected.

Examples:
  tributary account --sampling 1 --noise-multiplier 4 --steps 10 --delta 1e-5
  tributary account --sampling 0.01 --epsilon 2 --steps 1000 --delta 1e-6 --accountant rdp --json`,
    )
    .action((flags: Flags) => {
      const counted = counting(flags);
      if (flags.json === true) console.log(JSON.stringify(asJson(flags, counted)));
      else for (const line of spoken(flags, counted)) console.log(line);
    });
}

type Counted = Account & { readonly noiseMultiplier: number };

function counting(flags: Flags): Counted {
  const { accountant, noiseMultiplier, epsilon, orders, interval } = flags;
  if (orders !== undefined && accountant !== 'rdp')
    throw new Error('--orders is for --accountant rdp: a privacy loss distribution has none.');
  if (interval !== undefined && accountant !== 'pld')
    throw new Error('--interval is for --accountant pld: Rényi divergences need no grid.');
  const releases: Omit<Releases, 'noiseMultiplier'> = {
    samplingRate: flags.sampling,
    steps: flags.steps,
    delta: flags.delta,
  };
  const precision: Precision = {
    ...(orders === undefined ? {} : { orders }),
    ...(interval === undefined ? {} : { interval }),
  };
  if (noiseMultiplier !== undefined && epsilon === undefined)
    return { noiseMultiplier, ...account(accountant, { ...releases, noiseMultiplier }, precision) };
  if (epsilon !== undefined && noiseMultiplier === undefined)
    return noiseFor(accountant, epsilon, releases, precision);
  throw new Error(
    'Give --noise-multiplier to learn what it costs, or --epsilon to learn what noise it needs.',
  );
}

/** JSON has no Infinity: it stands as a word, which Number() and float() read. */
const asJson = ({ delta, accountant }: Flags, { epsilon, order, noiseMultiplier }: Counted) => ({
  epsilon: Number.isFinite(epsilon) ? epsilon : String(epsilon),
  order,
  noiseMultiplier,
  delta,
  accountant,
  adjacency: ADJACENCY,
});

function* spoken(flags: Flags, { epsilon, order, noiseMultiplier }: Counted): Iterable<string> {
  const { sampling, steps, delta, accountant } = flags;
  const by =
    accountant === 'pld'
      ? 'by privacy loss distribution'
      : `by Rényi divergences${order === null ? '' : ` (order ${order})`}`;
  if (flags.epsilon !== undefined)
    yield `Noise multiplier ${Number(noiseMultiplier.toPrecision(7))} is the least for ε of at most ${flags.epsilon}.`;
  yield Number.isFinite(epsilon)
    ? `ε = ${Number(epsilon.toPrecision(7))} at δ = ${delta}, ${by}, for ${steps} releases with noise multiplier ${Number(noiseMultiplier.toPrecision(7))}.`
    : `ε is infinite: ${steps} releases without noise protect nobody.`;
  yield 'Adjacency: one participant more or less, with everything it ever sent.';
  yield sampling < 1
    ? `This holds only where the server draws each participant with chance ${sampling}, independently, from a closed population, and nobody else takes part. Devices that come when they like are not such a draw: count them with --sampling 1.`
    : 'No amplification by sampling is counted.';
}
