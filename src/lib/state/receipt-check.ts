// What /verify says of a file: read by schemas, checked on this device alone, and put into one plain sentence a step.
import * as v from 'valibot';
import { keyFingerprint } from '../core/digest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { provedSteps, versionOf, type StepName } from '../core/transparency/check-inclusion.ts';
import type { Comparison } from '../core/transparency/compare-heads.ts';
import { parsed } from '../core/transparency/read-head.ts';
import { Inclusion, Signature } from '../core/transparency/statements.ts';
import { Receipt } from '../protocol/views.ts';
import { bytes, count, counted, dateTime } from './format.ts';

const ReceiptFile = v.object({
  receipt: Receipt,
  signed: v.optional(Signature),
  inclusion: v.optional(Inclusion),
});
type ReceiptFile = v.InferOutput<typeof ReceiptFile>;

export interface CheckedStep {
  readonly name: StepName;
  readonly title: string;
  readonly holds: boolean | null;
  readonly sentence: string;
}

export interface CheckedReceipt {
  readonly title: string;
  /** proved: every step holds · not-yet: what is there holds, and something is missing still · false: a step does not hold */
  readonly verdict: 'proved' | 'not-yet' | 'false';
  readonly summary: string;
  readonly steps: readonly CheckedStep[];
  readonly facts: readonly { readonly name: string; readonly value: string; readonly mono?: boolean }[];
}

const MOST_RECEIPTS = 500;

/** One receipt, or the list that “Save as JSON” makes. */
export async function checkReceipts(text: string): Promise<Result<readonly CheckedReceipt[], string>> {
  const json = parsed(text);
  if (!json.ok) return json;
  const list = Array.isArray(json.value) ? json.value : [json.value];
  if (list.length === 0) return fail('The file holds no receipt.');
  if (list.length > MOST_RECEIPTS)
    return fail(`The file holds ${count(list.length)} receipts. Check at most ${MOST_RECEIPTS} at a time.`);
  const receipts: ReceiptFile[] = [];
  for (const [index, one] of list.entries()) {
    const read = v.safeParse(ReceiptFile, one);
    if (!read.success)
      return fail(
        `${list.length === 1 ? 'This' : `Entry ${index + 1}`} is no receipt: ${v.summarize(read.issues).split('\n')[0]?.replace('× ', '') ?? 'it cannot be read'}.`,
      );
    receipts.push(read.output);
  }
  return ok(await Promise.all(receipts.map(checked)));
}

async function checked(file: ReceiptFile): Promise<CheckedReceipt> {
  const { receipt, signed, inclusion } = file;
  const steps = (await provedSteps(file)).map((step) => ({ ...step, ...words(step.name, step.holds, file) }));
  const wrong = steps.filter(({ holds }) => holds === false).length;
  const missing = steps.filter(({ holds }) => holds === null).length;
  const version = inclusion === undefined ? undefined : versionOf(inclusion.leaf)?.version;
  const key = signed?.key ?? inclusion?.head.signed.key;
  return {
    title: `${receipt.federation}, round ${receipt.round}`,
    verdict: wrong > 0 ? 'false' : missing > 0 ? 'not-yet' : 'proved',
    summary:
      wrong > 0
        ? `${counted(wrong, 'check')} failed: do not rely on this receipt.`
        : missing > 0
          ? 'What is there holds, and more is to come.'
          : `This update is in version ${version}, and the server has signed for it.`,
    steps,
    facts: [
      { name: 'Update', value: receipt.update, mono: true },
      { name: 'Size', value: bytes(receipt.bytes) },
      { name: 'Examples told', value: count(receipt.examples) },
      { name: 'Taken', value: dateTime(receipt.receivedAt) },
      ...(key === undefined ? [] : [{ name: 'Signed with key', value: fingerprintOf(key), mono: true }]),
    ],
  };
}

export const fingerprintOf = (key: string): string =>
  keyFingerprint(Uint8Array.from(key.match(/../g) ?? [], (pair) => parseInt(pair, 16)));

const CANNOT =
  'This browser cannot check Ed25519 signatures. A newer one can: Chrome 137, Firefox 129 or Safari 17.';

function words(
  name: StepName,
  holds: boolean | null,
  { receipt, signed, inclusion }: ReceiptFile,
): Pick<CheckedStep, 'title' | 'sentence'> {
  const leaf = inclusion === undefined ? undefined : versionOf(inclusion.leaf);
  const version = leaf === undefined ? 'the version' : `version ${leaf.version}`;
  const size = inclusion?.head.head.size ?? 0;
  switch (name) {
    case 'signature':
      return {
        title: 'Signature',
        sentence:
          holds === null
            ? signed === undefined
              ? 'The receipt carries no signature: an earlier version of the server made it.'
              : CANNOT
            : holds
              ? 'The server signed this receipt, and not a letter of it was changed since.'
              : 'The signature does not belong to this receipt: something in it was changed, or another key signed it.',
      };
    case 'contribution':
      return {
        title: 'Update in the version',
        sentence:
          holds === null
            ? 'There is no proof yet. It comes when the round has ended and this device has asked for it.'
            : holds
              ? `The update is one of the ${count(leaf?.contributions ?? 0)} that ${version} was made of.`
              : `The proof does not lead from this receipt to round ${receipt.countedIn ?? receipt.round}’s version.`,
      };
    case 'version':
      return {
        title: 'Version in the log',
        sentence:
          holds === null
            ? 'There is no proof yet.'
            : holds
              ? `${version[0]?.toUpperCase()}${version.slice(1)} stands in the log of ${counted(size, 'version')}.`
              : 'The proof does not lead from the version to the head of the log.',
      };
    case 'head':
      return {
        title: 'Head of the log',
        sentence:
          holds === null
            ? inclusion === undefined
              ? 'There is no head yet.'
              : CANNOT
            : holds
              ? `The server signed the head of the log${signed === undefined ? '' : ' with the same key'}, on ${dateTime(inclusion?.head.head.at ?? 0)}.`
              : 'The head of the log is not signed, or with another key than the receipt.',
      };
    default:
      return name satisfies never;
  }
}

export function comparisonWords(comparison: Comparison): {
  readonly tone: 'ok' | 'warn' | 'danger' | 'info';
  readonly title: string;
  readonly sentence: string;
} {
  switch (comparison.type) {
    case 'consistent': {
      const [older, newer] = comparison.sizes;
      return {
        tone: 'ok',
        title: 'The same history',
        sentence:
          older === newer
            ? `Both heads stand for the same ${counted(older, 'version')}.`
            : `The log of ${counted(newer, 'version')} begins with the very ${older} of the other head.`,
      };
    }
    case 'forked':
      return {
        tone: 'danger',
        title: 'Two histories',
        sentence:
          'The server signed both heads, and they cannot belong to one history: it was changed, set back, or shown differently to different people. Keep both heads: together they prove it.',
      };
    case 'needs-proof': {
      const [older, newer] = comparison.sizes;
      return {
        tone: 'info',
        title: 'Not known yet',
        sentence: `The heads stand for ${older} and ${newer} versions. Whether the longer log begins with the shorter one needs a proof, which only the server has.`,
      };
    }
    case 'not-signed':
      return {
        tone: 'danger',
        title: 'Not signed',
        sentence: `The ${comparison.which === 0 ? 'first' : 'second'} head was not signed by the key that it names.`,
      };
    case 'other-federation':
      return {
        tone: 'warn',
        title: 'Two federations',
        sentence: `One head is of “${comparison.federations[0]}”, the other of “${comparison.federations[1]}”.`,
      };
    case 'other-key': {
      const [a, b] = comparison.keys.map(fingerprintOf);
      return {
        tone: 'warn',
        title: 'Two keys',
        sentence: `The heads are signed with different keys (${a} and ${b}): those of two servers, or one was replaced. Ask the coordinator for the fingerprint of the right one.`,
      };
    }
    default:
      return comparison satisfies never;
  }
}
