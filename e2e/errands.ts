// What the errands of participants share: federations to open, a page's own errors, and what lies in its IndexedDB.
import { expect, type Page } from '@playwright/test';
import { exampleShape, type DataContract } from '#lib/core/data/contract.ts';
import {
  exactAveraging,
  plainRounds,
  type NetworkFederation,
  type SampleName,
} from '#lib/core/federation.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';

export interface FederationWishes {
  readonly title?: string;
  readonly contract?: DataContract;
  readonly sample?: SampleName | null;
  readonly localEpochs?: number;
  readonly rules?: Partial<NetworkFederation['rules']>;
}

/** A small federation on digits, or on whatever the contract says; one participant is enough for a round. */
export function federationSpec({
  title = 'Digits of the ward',
  contract = drawnDigitsContract,
  sample = 'drawn-digits',
  localEpochs = 1,
  rules = {},
}: FederationWishes = {}): NetworkFederation {
  // Where a round is to be caught in its middle its steps must take time: 200,000 parameters instead of 12,000.
  const units = localEpochs >= 100 ? 256 : 16;
  const network = networkOf('mlp', contract, { hidden: [exampleShape(contract).length === 1 ? 8 : units] });
  if (!network.ok) throw new Error(network.error.message);
  return {
    brief: {
      title,
      purpose: 'An errand of the end-to-end tests.',
      coordinator: 'The end-to-end test',
      dataWanted: 'What the contract says.',
    },
    metric: { name: 'accuracy', target: null },
    contract,
    family: 'mlp',
    network: network.value.spec,
    plan: {
      localEpochs,
      batchSize: 10,
      learningRate: 0.05,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 3,
    },
    ...exactAveraging,
    rules: {
      ...plainRounds,
      goal: 1,
      minimum: 1,
      overSelection: 1,
      selectionDeadlineMs: 60_000,
      reportingDeadlineMs: 120_000,
      pauseMs: 300,
      maximumRounds: 50,
      ...rules,
    },
    sample,
  };
}

export const patients: FederationWishes = {
  title: 'Patients of the ward',
  contract: patientCohortContract,
  sample: 'patient-cohort',
};

/** Errors that no screen shows: uncaught ones, and what the policies of the page refused. */
export function unseenErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (
      message.type() === 'error' &&
      /content security policy|integrity|requires 'trusted|uncaught/i.test(message.text())
    )
      errors.push(message.text());
  });
  return errors;
}

/** Makes the federation's sample on its data page, and waits until it is kept. */
export async function bringSample(page: Page, base: string, examples: number): Promise<void> {
  await page.goto(`${base}/data?from=sample`);
  await page.getByLabel('How many').fill(String(examples));
  await page.getByRole('button', { name: /^Make / }).click();
  await expect(page.getByText(/^Read .* on this device/)).toBeVisible();
}

/** From data to the first state of taking part. */
export async function startContributing(page: Page, base: string, name: string): Promise<void> {
  await page.goto(`${base}/train`);
  await page.getByRole('checkbox', { name: /I agree/ }).check();
  await page.getByLabel(/Your name/).fill(name);
  await page.getByRole('button', { name: 'Start contributing' }).click();
}

/** What lies in each object store of this device, record by record; empty where there is no database. */
const recordsOf = (
  page: Page,
): Promise<Record<string, readonly { readonly isSealed: boolean; readonly isProved: boolean }[]>> =>
  page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
      });
    if (!(await indexedDB.databases()).some((one) => one.name === 'tributary')) return {};
    const database = await settled(indexedDB.open('tributary'));
    const names = [...database.objectStoreNames];
    const transaction = database.transaction(names);
    const all: Record<string, { isSealed: boolean; isProved: boolean }[]> = {};
    for (const name of names) {
      const records = await settled<unknown[]>(transaction.objectStore(name).getAll());
      all[name] = records.map((record) => ({
        isSealed: 'sealed' in Object(record),
        isProved: Object(record).inclusion !== undefined,
      }));
    }
    database.close();
    return all;
  });

/** How many records lie in each object store of this device; empty where there is no database. */
export const storedRecords = async (page: Page): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries(await recordsOf(page)).map(([name, records]) => [name, records.length]));

/** The stores in which rows, models or updates lie that no passphrase seals, once for each of them. */
export async function plainRecords(page: Page): Promise<readonly string[]> {
  const names = [
    ...[
      'datasets',
      'imports',
      'chunks',
      'hashes',
      'judgements',
      'outbox',
      'checkpoints',
      'vectors',
      'models',
    ],
    ...['receipts', 'refusals', 'parameters'],
  ];
  const all = await recordsOf(page);
  return names.flatMap((name) => all[name]!.filter(({ isSealed }) => !isSealed).map(() => name));
}

/** How many receipts on this device hold what proves that their updates are in a version. */
export const provedReceipts = async (page: Page): Promise<number> =>
  (await recordsOf(page))['receipts']!.filter(({ isProved }) => isProved).length;

/** SHA-256 of the parameters of each model trained here, and its id, oldest first. */
export const localModels = (
  page: Page,
): Promise<readonly { readonly id: string; readonly digest: string }[]> =>
  page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
      });
    const database = await settled(indexedDB.open('tributary'));
    const models = await settled<{ id: string; trainedAt: number; parameters: Float32Array<ArrayBuffer> }[]>(
      database.transaction('models').objectStore('models').getAll(),
    );
    database.close();
    const read: { id: string; digest: string }[] = [];
    for (const model of models.sort((a, b) => a.trainedAt - b.trainedAt)) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', model.parameters));
      read.push({
        id: model.id,
        digest: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      });
    }
    return read;
  });
