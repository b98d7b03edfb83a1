// A model card (Mitchell et al. 2019, "Model Cards for Model Reporting", §4) of one version, in Markdown: what it is for, which rows it
// takes, how it was made, and what was measured of it. All of it is what the server knows; what nobody measured is said to be so.
import { augmentationWords } from '../augmentation-words.ts';
import { briefChanges, briefParts } from '../brief-words.ts';
import { classLabels, type DataContract, type TableColumn } from '../data/contract.ts';
import { secureSumOf, type Brief, type FederationSpec, type PinnedRecipe } from '../federation.ts';
import { gateKind, gateLimit, gateValue, judgedTitle, latencyWords } from '../gates/gate-words.ts';
import { judgeGates, roundsUpTo, type MeasuredVersion } from '../gates/judge-gates.ts';
import { constantTally } from '../metrics/constant-tally.ts';
import { classFigures, figure } from '../metrics/figure-of.ts';
import { metricNames, metrics } from '../metrics/metric-list.ts';
import type { SettledTally } from '../metrics/tally.ts';
import type { ClassArea } from '../metrics/summed-curves.ts';
import type { InPlay } from '../search/tuner.ts';
import type { Charged } from '../privacy/rules.ts';

export interface CardVersion extends MeasuredVersion {
  readonly digest: string;
  readonly parent: number | null;
  readonly round: number | null;
  readonly committedAt: number;
  readonly examples: number;
  /** How likely each of the local settings was in its round; absent: all trained by the plan. */
  readonly tuning?: readonly InPlay[];
}

export interface CardFacts {
  readonly federation: string;
  /** That its run was started with: of a version of no run the federation's own. */
  readonly spec: FederationSpec;
  /** As the federation puts it now, and what a version must reach now to be live. */
  readonly now: Pick<FederationSpec, 'brief' | 'gates' | 'metric' | 'contract'>;
  readonly version: CardVersion;
  /** All of the federation, to count rounds by. */
  readonly versions: readonly Pick<MeasuredVersion, 'version' | 'run'>[];
  readonly isLive: boolean;
  /** Of each class; none: no device told its own scores, or not of classes. */
  readonly areas: readonly ClassArea[];
  /** What it and all before it cost the participant that lost most; absent: no privacy is promised. */
  readonly charged?: Charged | undefined;
}

export function modelCard(facts: CardFacts): string {
  const { spec, version, federation } = facts;
  const at = new Date(version.committedAt).toISOString();
  return (
    [
      `# ${line(spec.brief.title)}: version ${version.version}`,
      list([
        ['Federation', federation],
        ['Run by', spec.brief.coordinator],
        [
          'Made',
          version.round === null
            ? `${at}, by no round`
            : `${at}, in run ${version.run}, round ${version.round}`,
        ],
        ['Live', facts.isLive ? 'yes' : 'no'],
        ['Parameters, SHA-256', `\`${version.digest}\``],
      ]),
      intendedUse(spec.brief, facts.now.brief),
      dataContract(spec.contract),
      ...(spec.recipe === undefined ? [] : [preparation(spec.recipe)]),
      howMade(facts),
      figures(spec, version, facts.areas),
      conditions(facts),
      privacy(facts),
    ].join('\n\n') + '\n'
  );
}

function intendedUse(brief: Brief, now: Brief): string {
  const parts = briefParts.map(({ name, title }): [string, string] => [title, brief[name] ?? '']);
  const changed = briefChanges(brief, now).map(({ title }) => title);
  return [
    `## What it is for (brief, version ${brief.version ?? 1})`,
    list(parts.map(([title, text]) => [title, text === '' ? 'not said' : text])),
    ...(changed.length === 0
      ? []
      : [
          `The federation has changed its brief since (version ${now.version ?? 1}): ${changed.join(', ')}. This version was made under the words above.`,
        ]),
  ].join('\n\n');
}

function dataContract(contract: DataContract): string {
  const labels = classLabels(contract);
  const target =
    labels === undefined
      ? 'a number'
      : `${labels.length} classes: ${labels.map((one) => `“${line(one)}”`).join(', ')}`;
  if (contract.kind === 'audio')
    return `## Data that it takes\n\nRecordings of ${contract.milliseconds} ms at ${contract.sampleRate} Hz, as log-mel spectrograms of ${contract.mels} bands. Told: ${target}.`;
  if (contract.kind === 'image')
    return `## Data that it takes\n\nPictures of ${contract.width} × ${contract.height} pixels, ${contract.channels === 1 ? 'grey' : 'colour'}. Told: ${target}.`;
  const rows = contract.columns.map((column) => [
    column.name,
    column.type === 'number' && column.reads === 'time' ? 'time, in days' : column.type,
    valuesOf(column),
    !('missingAllowed' in column) || column.missingAllowed ? 'allowed' : 'refused',
  ]);
  return `## Data that it takes\n\n${table(['Column', 'Type', 'Values', 'Missing'], rows)}\n\nTold: ${line(contract.target.name)}, ${target}.`;
}

function valuesOf(column: TableColumn): string {
  if (column.type === 'category') {
    const some = column.categories.slice(0, 20).join(', ');
    return column.categories.length > 20 ? `${some} and ${column.categories.length - 20} more` : some;
  }
  // Texts and their terms are a device's own: no federation's contract has them.
  if (column.type !== 'number') return 'any';
  const { minimum, maximum } = column;
  return minimum === null && maximum === null ? 'any' : `${minimum ?? '…'} to ${maximum ?? '…'}`;
}

/** How rows are prepared; the text is what the digest is of. */
const preparation = ({ from, digest, columns, text }: PinnedRecipe): string =>
  `## How rows are prepared\n\nOn every device, and wherever the version is used, by a recipe of ${line(from)} (SHA-256 \`${digest}\`), which makes ${columns.length} columns: ${columns.map(({ name }) => line(name)).join(', ')}.\n\n\`\`\`json\n${text.replaceAll('`', '\\u0060')}\n\`\`\``;

function howMade({ spec, version, versions }: CardFacts): string {
  const { plan, strategy, transfer, rules, personalisation } = spec;
  const layers = 'network' in spec ? spec.network.layers.map(({ type }) => type).join(', ') : undefined;
  const rounds = roundsUpTo(version, versions);
  const options = Object.entries(strategy.options).map(([name, value]) => `${name} ${value}`);
  return `## How it was made\n\n${list([
    ['Model', layers === undefined ? spec.family : `${spec.family}: ${layers}`],
    ['Size', `${version.bytes / 4} parameters, ${version.bytes} bytes`],
    ['Rounds of its run', rounds === undefined ? 'none: never trained' : String(rounds)],
    [
      'Its round',
      version.round === null
        ? 'none'
        : `${version.participants} updates${version.examples === 0 ? '' : ` of ${version.examples} rows`}; a round closes with ${rules.goal} and needs ${rules.minimum}`,
    ],
    ...(rules.heldOutDevices === undefined
      ? []
      : ([['Devices that never train', `${plain(100 * rules.heldOutDevices)} % of all`]] satisfies [
          string,
          string,
        ][])),
    ...('network' in spec
      ? ([
          [
            'On each device',
            version.tuning === undefined
              ? `${plan.localEpochs} epochs, batches of ${plan.batchSize}, ${plan.optimizer.type} at ${plan.learningRate}`
              : `${plan.optimizer.type}, by one of the settings that its round tried`,
          ],
          ...(version.tuning === undefined
            ? []
            : ([
                [
                  'Tried in its round',
                  version.tuning
                    .map(
                      (one) =>
                        `${one.localEpochs} epochs, batches of ${one.batchSize}, at ${one.learningRate} with a chance of ${plain(one.chance)}`,
                    )
                    .join('; '),
                ],
              ] satisfies [string, string][])),
          ...(plan.augmentation === undefined
            ? []
            : ([['Pictures in training', augmentationWords(plan.augmentation)]] satisfies [
                string,
                string,
              ][])),
          ['Strategy', [strategy.name, ...options].join(', ')],
          ['On the wire', `${transfer.uplink} up, ${transfer.downlink} down`],
          ['For each device', personalisation.type === 'none' ? 'one model for all' : personalisation.type],
        ] satisfies [string, string][])
      : ([['On each device', 'sums over its rows, exactly']] satisfies [string, string][])),
  ])}`;
}

function figures(
  { contract, metric }: FederationSpec,
  { evaluation }: CardVersion,
  areas: readonly ClassArea[],
): string {
  const head = '## What was measured';
  if (evaluation === null) return `${head}\n\nNothing: no device has told how it does.`;
  const { tally, spread, participants, neverTrained } = evaluation;
  const constant = constantTally(tally);
  const rows = metricNames.flatMap((name) => {
    const value = figure(tally, name);
    const floor = constant === undefined ? NaN : (figure(constant, name) ?? NaN);
    const told = Number.isFinite(floor) ? plain(floor) : '–';
    return value === undefined ? [] : [[metrics[name].title, plain(value), told]];
  });
  const parts = [
    head,
    ...(participants === 0
      ? ['No device that trains holds rows out.']
      : [
          `On ${tally.count} held-out rows of ${participants} ${participants === 1 ? 'device' : 'devices'}, which no device trained on.`,
          table(['Figure', 'Value', 'Same answer for all'], rows),
        ]),
  ];
  if (spread !== null)
    parts.push(
      `From device to device, ${metrics[metric.name].title}: ${plain(spread.minimum)} to ${plain(spread.maximum)}, half of them from ${plain(spread.lowerQuartile)} to ${plain(spread.upperQuartile)}; their mean, each device counted once, ${plain(spread.mean)}.`,
    );
  if (neverTrained !== undefined) {
    const told = (tally: SettledTally): string => {
      const value = figure(tally, metric.name);
      return value === undefined ? 'not defined' : plain(value);
    };
    const { personal } = neverTrained;
    parts.push(
      `On ${neverTrained.tally.count} rows of ${neverTrained.participants} ${neverTrained.participants === 1 ? 'device' : 'devices'} that never trained, held out by lot, ${metrics[metric.name].title}: ${told(neverTrained.tally)}${personal === undefined ? '' : `; of what each made of it for itself, by the same rows, from which it did not learn (${personal.participants} ${personal.participants === 1 ? 'device' : 'devices'}): ${told(personal.tally)}`}.`,
    );
  }
  const latency = latencyWords(evaluation.latency);
  if (latency !== undefined) parts.push(`One prediction takes ${latency}.`);
  const labels = classLabels(contract);
  if (participants > 0 && tally.type === 'classification' && labels !== undefined)
    parts.push(
      table(
        ['Class', 'Rows', 'Recall', 'Precision', 'F1'],
        classFigures(tally.confusion).map((one, index) => [
          labels[index] ?? String(index),
          String(one.support),
          ...[one.recall, one.precision, one.f1].map((value) => (value === undefined ? '–' : plain(value))),
        ]),
      ),
    );
  if (areas.length > 0)
    parts.push(
      table(
        ['Class against the others', 'AUC', '95 % interval'],
        areas.map(({ label, area, interval }) => [
          label,
          plain(area),
          interval === null ? '–' : `${plain(interval.low)} to ${plain(interval.high)}`,
        ]),
      ),
      'Intervals by DeLong’s variance over bins of the score, rows taken as independent of each other.',
    );
  return parts.join('\n\n');
}

function conditions({ now, version, versions }: CardFacts): string {
  const judged = judgeGates(now, version, versions);
  if (judged.length === 0) return '## Conditions for going live\n\nNone are set.';
  return `## Conditions for going live\n\n${table(
    ['Condition', 'Kind', 'Asked for', 'Figure', 'Standing'],
    judged.map((one) => [
      judgedTitle(one, now),
      gateKind(one.gate),
      gateLimit(one.gate, now),
      one.figure === undefined ? '–' : gateValue(one.gate, now, one.figure),
      one.standing.replace('-', ' '),
    ]),
  )}`;
}

function privacy({ spec, charged }: CardFacts): string {
  const { privacy: promised, access } = spec;
  const sum = secureSumOf(spec);
  return `## Privacy\n\n${list([
    [
      'Noise',
      promised.type === 'none'
        ? 'none: a model can reveal something about the rows that it was made of'
        : `${promised.type}, ${promised.noiseMultiplier} times what one device can change; at most ε ${promised.epsilon} at δ ${promised.delta}`,
    ],
    ...(charged === undefined
      ? []
      : ([
          [
            'Spent by this version',
            `ε ${plain(charged.epsilon)} of the participant that lost most, over ${charged.releases} releases`,
          ],
        ] satisfies [string, string][])),
    ['The server reads', sum === undefined ? 'each update' : 'sums of updates alone'],
    ['Who could join', access.type === 'open' ? 'whoever had the address' : 'devices that were invited'],
  ])}`;
}

const plain = (value: number): string => String(Number(value.toPrecision(4)));

/** Words of others on one line, with nothing that Markdown or HTML would read as more than words. */
const line = (text: string): string =>
  text
    .replaceAll(/[\r\n\t ]+/g, ' ')
    .replaceAll(/[\\`*_[\]|<>#]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : `\\${sign}`))
    .trim();

const list = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, text]) => `- **${name}:** ${/^`[0-9a-f]+`$/.test(text) ? text : line(text)}`).join('\n');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row, index) => `| ${row.map((cell) => (index === 1 ? cell : line(cell))).join(' | ')} |`)
    .join('\n');
