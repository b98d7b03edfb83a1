// How the classes differ from device to device, of sums alone and before anybody trains: each device gives its shares of the classes and
// how mixed they are, and counts once, however many rows it has. Nobody's shares are read, only their totals: their mean and spread, and the
// Jensen–Shannon divergence of all devices (Lin 1991, §IV, equal weights), which is the entropy of the mean less the mean entropy.
import * as v from 'valibot';
import { classLabels } from '../data/contract.ts';
import { classesOf } from './scored-rows.ts';
import type { Statistic } from './statistic.ts';

export const Asked = v.strictObject({ statistic: v.literal('labels') });
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('labels'),
  /** Devices with rows. */
  devices: v.number(),
  classes: v.array(
    v.strictObject({
      label: v.string(),
      /** Devices that hold any. */
      holders: v.number(),
      /** Mean of the devices' shares, and their standard deviation; null: no device has rows. */
      mean: v.nullable(v.number()),
      deviation: v.nullable(v.number()),
    }),
  ),
  /** 0: alike on every device · 1: each class on devices of its own. Of the most that so many classes can differ. */
  divergence: v.nullable(v.number()),
});
export type Figures = v.InferOutput<typeof Figures>;

/** Of shares, as a part of the most that so many can have. */
function entropyOf(shares: readonly number[]): number {
  const nats = shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
  return shares.length < 2 ? 0 : nats / Math.log(shares.length);
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'labels',
  title: 'Classes from device to device',
  per: 'device',
  of: 'data',
  check: (_, contract) =>
    classesOf(contract) === 0 ? 'Shares are of classes, and the target here is a number.' : undefined,
  // Holders; shares and their squares, of which each is at most 1 in all; the entropy.
  shape: (_, contract) => {
    const classes = classesOf(contract);
    return { counts: classes, sums: 2 * classes + 1, reach: Math.sqrt(classes + 3) };
  },
  measure(_, { contract, count, targets }) {
    const classes = classesOf(contract);
    const found = new Float64Array(3 * classes + 1);
    if (count === 0) return found;
    const shares = Array.from({ length: classes }, () => 0);
    for (let row = 0; row < count; row += 1) shares[targets[row]!]! += 1 / count;
    for (const [one, share] of shares.entries()) {
      found[one] = share > 0 ? 1 : 0;
      found[classes + one] = share;
      found[2 * classes + one] = share * share;
    }
    // Sums of rounded shares may lie above by a hair.
    found[3 * classes] = Math.min(1, entropyOf(shares));
    return found;
  },
  read(_, contract, { values }) {
    const labels = classLabels(contract) ?? [];
    const classes = labels.length;
    const all = Array.from(values);
    const sums = all.slice(classes, 2 * classes);
    // Each device’s shares are 1 together.
    const devices = sums.reduce((sum, value) => sum + value, 0);
    const isNone = !(devices > 0.5);
    const means = sums.map((sum) => Math.max(0, sum / devices));
    return {
      statistic: 'labels',
      devices,
      classes: labels.map((label, one) => ({
        label,
        holders: all[one]!,
        mean: isNone ? null : means[one]!,
        deviation: isNone
          ? null
          : Math.sqrt(Math.max(0, all[2 * classes + one]! / devices - means[one]! ** 2)),
      })),
      divergence: isNone ? null : Math.min(1, Math.max(0, entropyOf(means) - all[3 * classes]! / devices)),
    };
  },
};

/** What a divergence means for whoever trains together. */
export const divergenceWords = (divergence: number): string =>
  divergence < 0.05
    ? 'much alike: what is learnt on one device holds for the others'
    : divergence < 0.3
      ? 'different: more local epochs pull devices apart, and a proximal term or a strategy against drift may help'
      : 'very different: few local epochs, a strategy against drift (SCAFFOLD, FedProx) or own parts of the model (FedPer) are worth a try';
