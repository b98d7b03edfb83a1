// Local settings that rounds try, in words.
import type { SettingsChance } from '../protocol/views.ts';
import { counted } from './format.ts';

type Settings = Pick<SettingsChance, 'learningRate' | 'localEpochs' | 'batchSize'>;

/** "learning rate 0.1, 2 epochs, batches of 10"; `among` others only what tells it from them. */
export function settingsWords(settings: Settings, among: readonly Settings[] = []): string {
  const says = (name: keyof Settings): boolean =>
    among.length < 2 || among.some((one) => one[name] !== settings[name]);
  return [
    ...(says('learningRate') ? [`learning rate ${settings.learningRate}`] : []),
    ...(says('localEpochs') ? [counted(settings.localEpochs, 'epoch')] : []),
    ...(says('batchSize') ? [`batches of ${settings.batchSize}`] : []),
  ].join(', ');
}

/** The likeliest of them; undefined: none are tried. */
export const likeliest = (chances: readonly SettingsChance[] | undefined): SettingsChance | undefined =>
  chances?.reduce((best, one) => (one.chance > best.chance ? one : best));
