// The data contract: what a federation asks every device's data to be, so that all of them encode it alike.
// Reading files against it is the modalities' work.
import * as v from 'valibot';

const label = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80));
const side = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1024));
const finite = v.pipe(v.number(), v.finite());
const distinct = (items: string[]): boolean => new Set(items).size === items.length;

export const ImageContract = v.strictObject({
  kind: v.literal('image'),
  height: side,
  width: side,
  channels: v.picklist([1, 3]),
  /** In order: the index of a class is its target. Folder names and IDX labels are matched against these. */
  classes: v.pipe(
    v.array(label),
    v.minLength(2, 'at least two classes'),
    v.maxLength(100),
    v.check(distinct, 'classes that differ from one another'),
  ),
});
export type ImageContract = v.InferOutput<typeof ImageContract>;

/** Recordings as spectrograms: what of a sound a model sees is made of these numbers alone (modalities/audio/log-mel.ts). */
export const AudioContract = v.pipe(
  v.strictObject({
    kind: v.literal('audio'),
    /** Hz: recordings of any other rate are resampled. */
    sampleRate: v.pipe(v.number(), v.safeInteger(), v.minValue(4000), v.maxValue(48_000)),
    /** Longer recordings are cut to this, shorter ones end in silence. */
    milliseconds: v.pipe(v.number(), v.safeInteger(), v.minValue(100), v.maxValue(30_000)),
    /** From one column of the spectrogram to the next. */
    hopMs: v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(200)),
    /** Bands from 0 Hz to half the sample rate. */
    mels: v.pipe(v.number(), v.safeInteger(), v.minValue(8), v.maxValue(128)),
    /** In order: the index of a class is its target. Folder names are matched against these, then what stands before a file name's first “_”. */
    classes: v.pipe(
      v.array(label),
      v.minLength(2, 'at least two classes'),
      v.maxLength(100),
      v.check(distinct, 'classes that differ from one another'),
    ),
    /** Recordings whose file names name one speaker stand on one side of the split, all of them (modalities/audio/file-names.ts). */
    groups: v.exactOptional(v.literal('file-name')),
  }),
  v.check(({ milliseconds, hopMs }) => milliseconds / hopMs < 1024, 'at most 1,024 steps in a recording'),
);
export type AudioContract = v.InferOutput<typeof AudioContract>;

export const NumberColumn = v.strictObject({
  type: v.literal('number'),
  name: label,
  /** Cells are days or moments in ISO 8601 (core/data/iso-time.ts); values, bounds and scaling are days since 1970 in UTC. */
  reads: v.exactOptional(v.literal('time')),
  /** Values outside [minimum, maximum] are refused with their row; null sets no bound. */
  minimum: v.nullable(finite),
  maximum: v.nullable(finite),
  /** A missing cell becomes 0 after scaling (the mean) with its indicator set to 1; refused where false. */
  missingAllowed: v.boolean(),
  /** Scaling constants, the same on every device: (value − mean) / standardDeviation. */
  mean: finite,
  standardDeviation: v.pipe(finite, v.gtValue(0)),
});
export const CategoryColumn = v.strictObject({
  type: v.literal('category'),
  name: label,
  /** One-hot, in this order; a missing cell is all zeros where allowed. */
  categories: v.pipe(
    v.array(label),
    v.minLength(1),
    v.maxLength(1000),
    v.check(distinct, 'categories that differ'),
  ),
  missingAllowed: v.boolean(),
});
/** Free text, kept as it stands and no feature by itself: a recipe makes terms of it (core/recipe/steps/terms.ts). */
export const TextColumn = v.strictObject({
  type: v.literal('text'),
  name: label,
  missingAllowed: v.boolean(),
});
const ofTerms = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(50_000));
/**
 * Texts as the terms that they hold, of thousands: a row has `slots` pairs of a term's place and its weight, and (0, 0) where it holds
 * fewer (the ELLPACK form of a sparse matrix: rows of equal length, so that they are chosen and moved as any other).
 */
export const TermsColumn = v.strictObject({
  type: v.literal('terms'),
  name: label,
  terms: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.minLength(1), v.maxLength(50_000)),
  slots: ofTerms,
});
export type TermsColumn = v.InferOutput<typeof TermsColumn>;
/** Texts as weights by the hash of their terms (core/recipe/steps/hashed-terms.ts): one feature a bucket, and no words. */
export const HashedColumn = v.strictObject({
  type: v.literal('hashed'),
  name: label,
  buckets: ofTerms,
});
export const TableColumn = v.variant('type', [
  NumberColumn,
  CategoryColumn,
  TextColumn,
  TermsColumn,
  HashedColumn,
]);
export type TableColumn = v.InferOutput<typeof TableColumn>;

export const TableTarget = v.variant('type', [
  v.strictObject({
    type: v.literal('classes'),
    name: label,
    /** Each class lists the cell values that mean it, so that 1, 2, 3 and 4 can all be "disease". */
    classes: v.pipe(
      v.array(v.strictObject({ label, values: v.pipe(v.array(label), v.minLength(1)) })),
      v.minLength(2),
      v.maxLength(100),
      v.check((classes) => distinct(classes.map((one) => one.label)), 'classes that differ from one another'),
    ),
  }),
  v.strictObject({
    type: v.literal('number'),
    name: label,
    mean: finite,
    standardDeviation: v.pipe(finite, v.gtValue(0)),
  }),
]);
export type TableTarget = v.InferOutput<typeof TableTarget>;

/** What a column of the files must keep to as a whole, one that no model learns from too. */
export const ColumnRule = v.variant('type', [
  /** No value twice among a device's files; missing cells do not count. */
  v.strictObject({ type: v.literal('unique'), column: label }),
  /** Every cell that is not missing is written so (pattern.ts). */
  v.strictObject({
    type: v.literal('pattern'),
    column: label,
    pattern: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  }),
  /** At most this share (0–1) of the rows may lack the value; more, and none of them is taken. */
  v.strictObject({
    type: v.literal('missing-share'),
    column: label,
    maximum: v.pipe(finite, v.minValue(0), v.maxValue(1)),
  }),
  /** Rows of one value (a patient, a house) stand on one side of the split, all of them. */
  v.strictObject({ type: v.literal('group'), column: label }),
]);
export type ColumnRule = v.InferOutput<typeof ColumnRule>;

/** Of a table, and numbers of a window. */
export const MOST_COLUMNS = 1000;

const tableContract = <Column extends v.GenericSchema<unknown, { readonly name: string }>>(column: Column) =>
  v.strictObject({
    kind: v.literal('table'),
    columns: v.pipe(
      v.array(column),
      v.minLength(1),
      v.maxLength(MOST_COLUMNS),
      v.check((columns) => distinct(columns.map(({ name }) => name)), 'columns that differ from one another'),
    ),
    target: TableTarget,
    rules: v.exactOptional(v.pipe(v.array(ColumnRule), v.maxLength(200))),
  });
export const TableContract = v.strictObject({
  ...tableContract(TableColumn).entries,
  /** Rows are windows of a series (core/series): the columns are numbers that are never missing, `steps` moments of `channels` each, oldest first. */
  series: v.exactOptional(
    v.strictObject({
      steps: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      channels: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      /** Steps from the window's last moment to the target's. */
      horizon: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      /** Which channel the target is, where it is one. */
      own: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
      /** Steps of a season (24 of hours), for the forecast that repeats it; null: none is known. */
      season: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(2))),
    }),
  ),
});
export type TableContract = v.InferOutput<typeof TableContract>;

export const DataContract = v.variant('kind', [ImageContract, AudioContract, TableContract]);
export type DataContract = v.InferOutput<typeof DataContract>;

/** Contracts whose examples are bytes, each standing for value / 255: pictures, and spectrograms, which are seen as such. */
export type PlaneContract = ImageContract | AudioContract;
export const isPlane = (contract: DataContract): contract is PlaneContract => contract.kind !== 'table';

export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Of sound: time goes down, so that a row is one moment, and bands go from low to high. */
export const planeOf = (contract: PlaneContract): Plane =>
  contract.kind === 'image'
    ? { height: contract.height, width: contract.width, channels: contract.channels }
    : { height: audioFrames(contract), width: contract.mels, channels: 1 };

/** Samples of a recording, and from one column of its spectrogram to the next. */
export const audioSamples = ({ sampleRate, milliseconds }: AudioContract): number =>
  Math.round((sampleRate * milliseconds) / 1000);
export const hopSamples = ({ sampleRate, hopMs }: AudioContract): number =>
  Math.max(1, Math.round((sampleRate * hopMs) / 1000));
/** Columns are centred on samples 0, hop, 2·hop …, to the end. */
const audioFrames = (contract: AudioContract): number =>
  1 + Math.floor(audioSamples(contract) / hopSamples(contract));

/** What a recipe that all devices share makes of a table (core/recipe/pinned.ts). */
export const PreparedColumns = v.pipe(
  v.array(v.variant('type', [NumberColumn, CategoryColumn, HashedColumn])),
  v.minLength(1),
  v.maxLength(MOST_COLUMNS),
);

/** What devices agree on. A text says nothing to a model until the recipe that they share has hashed its terms (recipe/pinned.ts). */
export const FederationContract: v.GenericSchema<DataContract> = v.variant('kind', [
  ImageContract,
  AudioContract,
  tableContract(v.variant('type', [NumberColumn, CategoryColumn, TextColumn])),
]);

/** The columns whose cells are texts, in the contract's order. */
export const textColumns = (contract: DataContract): readonly string[] =>
  contract.kind === 'table'
    ? contract.columns.filter(({ type }) => type === 'text').map(({ name }) => name)
    : [];

/** Width of one column once encoded: a number takes one value, plus one indicator where it may be missing. */
export function encodedWidth(column: TableColumn): number {
  switch (column.type) {
    case 'number':
      return column.missingAllowed ? 2 : 1;
    case 'category':
      return column.categories.length;
    case 'text':
      return 0;
    case 'terms':
      return 2 * column.slots;
    case 'hashed':
      return column.buckets;
    default:
      return column satisfies never;
  }
}

/** The shape of one example: [H, W, C] for images, [frames, mels, 1] for sound, [steps, channels] for windows of a series, [F] for tables. */
export const exampleShape = (contract: DataContract): number[] => {
  if (contract.kind === 'table' && contract.series !== undefined)
    return [contract.series.steps, contract.series.channels];
  if (contract.kind === 'table')
    return [contract.columns.reduce((width, column) => width + encodedWidth(column), 0)];
  const { height, width, channels } = planeOf(contract);
  return [height, width, channels];
};

/** Class labels in target order; undefined where the target is a number. */
export const classLabels = (contract: DataContract): readonly string[] | undefined => {
  if (contract.kind !== 'table') return contract.classes;
  return contract.target.type === 'classes' ? contract.target.classes.map((one) => one.label) : undefined;
};

/** The number of outputs that a model of this contract must have. */
export const targetSize = (contract: DataContract): number => classLabels(contract)?.length ?? 1;
