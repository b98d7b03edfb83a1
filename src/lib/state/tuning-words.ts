// Local settings that rounds try, in words.
import type { SettingsChance } from '../protocol/views.ts';
import { counted } from './format.ts';

export type Settings = Pick<SettingsChance, 'learningRate' | 'localEpochs' | 'batchSize'>;

export const settingsParts = [
  {
    name: 'learningRate',
    title: 'learning rate',
    words: ({ learningRate }: Settings) => `learning rate ${learningRate}`,
  },
  {
    name: 'localEpochs',
    title: 'epochs',
    words: ({ localEpochs }: Settings) => counted(localEpochs, 'epoch'),
  },
  { name: 'batchSize', title: 'batch size', words: ({ batchSize }: Settings) => `batches of ${batchSize}` },
] as const;

/** What tells them apart. */
const tellingApart = (among: readonly Settings[]) =>
  settingsParts.filter(({ name }) => new Set(among.map((one) => one[name])).size > 1);

/** As many lines as a chart has colours. */
const MOST_LINES = 7;

/** Places of the likeliest, for a chart, in the order of all. */
export const chartedSettings = (chances: readonly Pick<SettingsChance, 'chance'>[]): readonly number[] =>
  chances
    .map(({ chance }, at) => ({ chance, at }))
    .toSorted((one, other) => other.chance - one.chance)
    .slice(0, MOST_LINES)
    .map(({ at }) => at)
    .toSorted((one, other) => one - other);

/** "learning rate 0.1, 2 epochs, batches of 10"; `among` others only what tells it from them. */
export const settingsWords = (settings: Settings, among?: readonly Settings[]): string =>
  (among === undefined ? settingsParts : tellingApart(among)).map(({ words }) => words(settings)).join(', ');

/** "0.1 · 10", short enough for the end of a line. */
export const settingsName = (settings: Settings, among: readonly Settings[]): string =>
  tellingApart(among)
    .map(({ name }) => settings[name])
    .join(' · ');

/** "learning rate · batch size": what the numbers of such a name are. */
export const namedBy = (among: readonly Settings[]): string =>
  tellingApart(among)
    .map(({ title }) => title)
    .join(' · ');
