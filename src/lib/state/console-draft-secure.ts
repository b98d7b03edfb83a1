// Secure aggregation as it is being typed: the numbers are kept while it is off, so that looking at it loses nothing.
import * as v from 'valibot';
import { strategyNamed } from '#lib/core/aggregation/index.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { sumsNot } from '#lib/core/secure-sum/check-secure-sum.ts';
import { plainSum, SecureSumRules, usualSecureSum } from '#lib/core/secure-sum/rules.ts';

const number = v.nullable(v.number());

export const DraftSecureSum = v.object({
  type: v.picklist(['off', 'on']),
  ring: v.picklist([3, 4, 5, 6, 8, 32]),
  profile: v.picklist(['standard', 'lenient']),
  clipNorm: number,
  mostWeight: number,
  /** Null: one sum of all. */
  groups: v.optional(number, null),
  /** Null: none in noise, and as few as a large sum is ever laid out for. */
  colluding: v.optional(number, null),
});
export type DraftSecureSum = v.InferOutput<typeof DraftSecureSum>;

export const plainSecureSum = (): DraftSecureSum => ({
  ...usualSecureSum,
  type: 'off',
  groups: null,
  colluding: usualSecureSum.colluding ?? null,
});

/** Typed again from a spec. */
export const secureSumFrom = ({ secureSum }: FederationSpec): DraftSecureSum =>
  secureSum?.type === 'on'
    ? { ...secureSum, groups: secureSum.groups ?? null, colluding: secureSum.colluding ?? null }
    : plainSecureSum();

/** As the schema reads it; nothing where it is off. */
export const secureSumTyped = ({
  groups,
  colluding,
  ...draft
}: DraftSecureSum): { readonly secureSum?: unknown } =>
  draft.type === 'on'
    ? {
        secureSum: {
          ...draft,
          ...(groups === null ? {} : { groups }),
          ...(colluding === null ? {} : { colluding }),
        },
      }
    : {};

/** What other parts of the draft are judged by: off where a number is missing, which its own field says. */
export function secureSumRead(draft: DraftSecureSum): SecureSumRules {
  const read = v.safeParse(SecureSumRules, secureSumTyped(draft).secureSum);
  return read.success ? read.output : plainSum;
}

/** Why a strategy cannot be had together with it; undefined: it can, or it is off. */
export const excludedBySum = (draft: DraftSecureSum, name: string): string | undefined => {
  const strategy = strategyNamed(name);
  return draft.type === 'off' || strategy === undefined ? undefined : sumsNot(strategy, draft.groups ?? 1);
};

/** For a list of what was chosen: "sums of 32 bits, standard". */
export const secureSumWords = (rules: SecureSumRules | undefined): string =>
  rules?.type === 'on'
    ? `the server reads ${rules.groups === undefined ? 'sums' : `sums of ${rules.groups} groups`} alone, ${rules.ring === 32 ? 'exactly' : `in ${rules.ring} bits`}, ${rules.profile}`
    : 'the server reads each update';
