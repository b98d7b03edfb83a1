// What crossed the link, in plain words: one description a message or request, and figures that add up to the totals.
import type { Crossing, LinkBytes } from '../ports/coordinator-link.ts';

const descriptions: Readonly<Record<string, string>> = {
  connection:
    'Opening the connection: which version of the page this is, what proves who it is, and the name you chose',
  token: 'A pass for sending updates, good for a short while',
  heartbeat: 'A sign of life, every ten seconds',
  watch: 'Asks to be told how the federation stands',
  'check-in': 'Says that this device is there: how many training examples it has, its engine, its tags',
  'check-out': 'Says that this device takes part no more',
  progress: 'How far training here has come',
  evaluation:
    'Counts and sums of how well a version does on this device’s held-out examples, and where that is asked how long one prediction takes, roughly',
  withdraw:
    'Says that this device gives up the round, and why; where the round tries settings that came to nothing here, the loss before and on how many rows',
  'sum-advert': 'Two fresh public keys for the secure sum, signed by this device',
  'sum-nonce': 'A random number that the order of a large secure sum is drawn from',
  'sum-keys': 'What would open this device’s masks, in shares that only the other devices can read',
  'sum-consent': 'Signs who is in the secure sum',
  'sum-reveal': 'Shares that open the sum, and no single update',
  'sum-roster': 'The keys of all devices of the secure sum',
  'sum-nonces': 'What all devices of a large secure sum have drawn',
  'sum-forward': 'Shares that the other devices sealed for this one',
  'sum-question': 'Asks who is in the secure sum',
  'sum-consents': 'The signatures of the others on who is in the secure sum',
  survey:
    'Asks for sums over this device’s rows, which are added to those of others before anybody reads them',
  'survey-answer': 'Sums over this device’s rows, under masks that come off the sum of all devices alone',
  'survey-declined': 'Says that this device does not answer, and why',
  'survey-ended': 'What became of a survey',
  answer: 'The answer to the message before',
  federation: 'How the federation stands: rounds, versions, who takes part',
  configured: 'Asks this device to train: the plan and the version to start from',
  committed: 'A new version is there',
  abandoned: 'A round has ended without a version',
  superseded: 'Another tab of this browser takes part now',
  'turned-away': 'Says that this device may take part no longer, and why',
  'come-back': 'Asks this device to come back later',
  model: 'The shared model, or what turns an older version into it',
  offer:
    'Offers an update: its size, its digest, the number of examples it was trained on, and where the round tries settings the loss before and after',
  update: 'The update: what training changed in the model',
  decision: 'Whether the update is taken, with its receipt',
  'upload-state': 'How much of an update has arrived',
  view: 'How the federation or a round stands',
  log: 'The signed log of versions, and what proves that an update is in it',
};

/** What goes out under the name of what it fetches: a question, headers alone. */
const questions: Readonly<Record<string, string>> = {
  model: 'Asks for the shared model, or for what turns an older version into it',
  'upload-state': 'Asks how much of an update has arrived',
  view: 'Asks how the federation or a round stands',
  log: 'Asks for the signed log of versions, and for what proves that an update is in it',
};

export const describe = (what: string, kind?: keyof LinkBytes): string =>
  (kind === 'controlUp' ? questions[what] : undefined) ?? descriptions[what] ?? 'A message of the protocol';

export const isOut = (kind: keyof LinkBytes): boolean => kind === 'updateUp' || kind === 'controlUp';

const kinds: Readonly<Record<keyof LinkBytes, string>> = {
  modelDown: 'model',
  updateUp: 'update',
  controlUp: 'control',
  controlDown: 'control',
};
export const kindWord = (kind: keyof LinkBytes): string => kinds[kind];

export interface CrossingTotals {
  readonly out: number;
  readonly in: number;
  /** What is listed no more, of all that is counted. */
  readonly earlier: number;
}

export function totalsOf(crossings: readonly Crossing[], bytes: LinkBytes): CrossingTotals {
  const listed = crossings.reduce((sum, one) => sum + one.bytes, 0);
  const out = bytes.updateUp + bytes.controlUp;
  const came = bytes.modelDown + bytes.controlDown;
  return { out, in: came, earlier: out + came - listed };
}

/** Tab-separated, for a spreadsheet. */
export const asText = (crossings: readonly Crossing[]): string =>
  [
    'time\tdirection\tkind\twhat\tbytes\ttimes\tdescription',
    ...crossings.map(({ at, kind, what, bytes, times }) =>
      [
        new Date(at).toISOString(),
        isOut(kind) ? 'out' : 'in',
        kindWord(kind),
        what,
        bytes,
        times,
        describe(what, kind),
      ].join('\t'),
    ),
  ].join('\n');
