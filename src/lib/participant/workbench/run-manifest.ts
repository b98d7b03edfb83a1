// What a run of the workbench is made of, all of it: what was asked, of which rows, by which program, what its search tried and what
// came out. Whoever has this and the rows can have the run again to the same bits, in a tab or by `tributary train --again`.
import * as v from 'valibot';
import { balances } from '../../core/balance/balances.ts';
import { Digest } from '../../core/ids.ts';
import { NetworkSpec } from '../../core/model/spec.ts';
import { TableReading } from '../../modalities/table/table-reading.ts';
import { BackendChoice, BackendName } from '../backend-choice.ts';
import { RunOrigin } from '../run-origin.ts';
import { HeldOutShare, KeptSplit } from './kept-split.ts';
import { searchWays } from './search-ways.ts';
import { SearchSpace } from './spaces.ts';

const names = v.array(v.string());
const options = v.record(v.string(), v.number());

const steps = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));

export const SeriesSetup = v.strictObject({
  window: steps(1),
  horizon: steps(1),
  /** Moments of a gap that is closed by the value before it, at most. */
  fill: steps(0),
  /** Steps; null: as is usual for their length. */
  season: v.nullable(steps(2)),
  /** The column that names the series of a row; null: all rows are of one. */
  by: v.optional(v.nullable(v.string()), null),
});
export type SeriesSetup = v.InferOutput<typeof SeriesSetup>;

/** Of a cross-validation: of more the figures are hardly other, and the wait is. */
export const MOST_FOLDS = 50;

export const TrainSetup = v.strictObject({
  /** Paths of files; of a run in a tab, the name that its rows have where they are saved. */
  data: v.pipe(names, v.minLength(1)),
  /** How tables are read where a person said so; absent: as the files tell. */
  reading: v.exactOptional(TableReading),
  /** null: pictures, whose folders or labels are the target. Of groups: the column that they are held against, or null. */
  target: v.nullable(v.string()),
  /** groups: of rows, by a model without a target; nothing is held out. */
  task: v.nullable(v.picklist(['classes', 'number', 'groups'])),
  without: names,
  heldOut: HeldOutShare,
  /** Whether the held-out rows have the classes in proportion, where neither a group nor a time decides; absent: they have. */
  stratify: v.exactOptional(v.boolean()),
  group: v.nullable(v.string()),
  time: v.nullable(v.string()),
  /** The rows are moments of a series, and windows of it are learnt from; `time` names the columns that make up the time. */
  series: v.optional(v.nullable(SeriesSetup), null),
  /** A recipe as it stands in a file, read where it is used; null: what is usual. */
  recipe: v.optional(v.nullable(v.record(v.string(), v.unknown())), null),
  /** Of the model `layers`: the network that somebody put together; of a learner, the one that it sees by. Read where it is used. */
  layers: v.optional(v.nullable(NetworkSpec), null),
  /** The first of the `layers` are frozen: how many, the digest of their parameters, and the model.json that they came from. */
  backbone: v.optional(
    v.nullable(
      v.strictObject({
        layers: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
        digest: Digest,
        /** null: brought along in a tab, or of a run there. */
        path: v.nullable(v.string()),
        /** The kept run whose network it is; absent where it was brought, and from what an earlier program kept. */
        run: v.exactOptional(v.string()),
      }),
    ),
    null,
  ),
  /** `auto`, or a model of the catalogue with its settings as `forest:trees=200`. null: the usual one. */
  model: v.nullable(v.string()),
  budgetMs: v.nullable(v.pipe(v.number(), v.minValue(1))),
  /** Trials of a search at most; null: as many as the budget allows. */
  trials: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** Of a search: where settings are looked for. */
  search: v.optional(v.picklist(searchWays), 'tpe'),
  /** Of a search: which models, and between which bounds of their settings; null: as is usual. Read where it is used. */
  space: v.optional(v.nullable(SearchSpace), null),
  /** Of a search: what it tries after the usual settings of each model, as earlier runs found it. */
  starts: v.optional(v.array(v.strictObject({ model: v.string(), options })), []),
  /** Of a search: whether it asks first which preparation suits (recipe-search.ts); where a recipe is given, it is that one. */
  recipes: v.optional(v.boolean(), false),
  /** A column whose groups are compared; its cells stay here. */
  fairness: v.nullable(v.string()),
  /** The class whose giving is compared; null: the last. */
  positive: v.optional(v.nullable(v.string()), null),
  checkLabels: v.boolean(),
  /** How rare classes are brought up among the rows to learn from; absent: they are not. */
  balance: v.exactOptional(v.picklist(balances)),
  /** Every row is judged once, by models of the other parts; null: the held-out rows alone judge. */
  folds: v.optional(
    v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(MOST_FOLDS))),
    null,
  ),
  /** Where the model is written; null: nowhere. */
  save: v.nullable(v.string()),
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Networks were trained on it. */
  backend: BackendName,
  /** Goes on from another run's checkpoint, which that run alone keeps. */
  origin: v.exactOptional(RunOrigin),
});
export type TrainSetup = v.InferOutput<typeof TrainSetup>;

export const RunManifest = v.strictObject({
  format: v.literal(1),
  setup: TrainSetup,
  /** Of Tributary: its version, and behind a + the digest of its sources with the locked versions of all libraries; what ran it. */
  program: v.string(),
  node: v.string(),
  /** Over the rows as they were read; null: they were not read yet. */
  data: v.nullable(Digest),
  /** How these were split, or are to be; absent of windows, of files that came split, and from what an earlier program kept. */
  split: v.exactOptional(KeptSplit),
  trials: v.array(
    v.strictObject({
      model: v.string(),
      options,
      share: v.number(),
      loss: v.nullable(v.number()),
      standardError: v.number(),
      bytes: v.exactOptional(v.number()),
      msPerThousand: v.exactOptional(v.number()),
    }),
  ),
  finished: v.nullable(
    v.strictObject({
      model: v.string(),
      options,
      /** Of an ensemble. */
      members: v.exactOptional(v.array(v.strictObject({ model: v.string(), options, weight: v.number() }))),
      digest: Digest,
      trials: v.number(),
      /** Of a search that took another than the usual. */
      recipe: v.exactOptional(v.record(v.string(), v.unknown())),
      /** Of a run whose classes were brought into balance: what was added to learn from. */
      balanced: v.exactOptional(
        v.strictObject({
          by: v.picklist(['between', 'varied', 'copies']),
          classes: v.array(v.strictObject({ label: v.string(), rows: v.number(), added: v.number() })),
        }),
      ),
      /** On the rows held out, by which a run on another engine is compared; absent from what an earlier program wrote. */
      figures: v.exactOptional(
        v.object({ count: v.number(), accuracy: v.exactOptional(v.number()), loss: v.number() }),
      ),
    }),
  ),
  /** Of a network whose engine a person chose, or had chosen by the self-test (`auto`). */
  engine: v.exactOptional(
    v.strictObject({
      asked: v.picklist([...BackendName.options, 'auto']),
      /** What the self-test said of each; null: not tested yet. */
      choice: v.nullable(BackendChoice),
      /** What became of it while it trained, in sentences. */
      notices: v.array(v.string()),
    }),
  ),
});
export type RunManifest = v.InferOutput<typeof RunManifest>;
