// What the ingest worker is asked while a dataset is labelled. Judgements themselves go straight into the store: one key, one write.
import type { Examples } from '../core/data/examples.ts';
import type { Judge } from '../core/labelling/journal.ts';
import type { WeakRule } from '../core/labelling/weak-rules.ts';
import type { DatasetVersion } from '../core/ids.ts';
import type { LabelAgreement } from '../participant/labelling/label-agreement.ts';
import type { LabelQueue, QueueGuide, QueueQuestion } from '../participant/labelling/label-queue.ts';
import type { CocoRead } from '../core/labelling/coco.ts';
import type { Result } from '../core/result.ts';
import type {
  AgreeingOnShapes,
  CocoWishes,
  LabelShapes,
  ShapeScope,
} from '../participant/labelling/label-shapes.ts';
import type { LabelSpans } from '../participant/labelling/label-spans.ts';
import type { WeakLabels, WeakSettings } from '../participant/labelling/weak-labels.ts';
import type { DatasetRecord } from '../ports/dataset-store.ts';

/** One example as it is shown: its name in the journal, the label that the dataset has it bear, and what is to be seen of it. */
export interface ShownExample {
  readonly row: number;
  readonly name: string;
  /** A class index, or UNLABELLED. */
  readonly label: number;
  readonly shows:
    | {
        readonly kind: 'image' | 'audio';
        readonly height: number;
        readonly width: number;
        readonly channels: 1 | 3;
        readonly pixels: Uint8Array<ArrayBuffer>;
      }
    | { readonly kind: 'table'; readonly cells: readonly (readonly [column: string, text: string])[] };
}

/** What orders the queue and suggests labels: as the queue takes it, or rules of thumb, which are worked out first. */
export type AskedGuide =
  | QueueGuide
  | { readonly type: 'rules'; readonly rules: readonly WeakRule[]; readonly by: WeakSettings['by'] };

export type LabellingQuestion =
  | ({ readonly type: 'queue'; readonly guide: AskedGuide } & Omit<QueueQuestion, 'guide'>)
  | { readonly type: 'examples'; readonly rows: readonly number[] }
  /** Of these rows, as a model takes them. */
  | { readonly type: 'features'; readonly rows: Uint32Array }
  | { readonly type: 'agreement' }
  /** Passages of texts: agreement of all, and the lines of this judge's. */
  | { readonly type: 'spans'; readonly judge: Judge }
  /** Shapes in pictures: which to go through. */
  | { readonly type: 'shapes'; readonly judge: Judge; readonly scope: ShapeScope }
  /** How far all who drew shapes agree. */
  | { readonly type: 'shape-agreement' }
  /** This judge's as COCO: the JSON, or a zip of it and the pictures. */
  | ({ readonly type: 'coco'; readonly withPictures: boolean } & CocoWishes)
  /** A file of COCO, to be looked through for what this judge has not drawn. */
  | { readonly type: 'read-coco'; readonly judge: Judge; readonly text: string }
  | ({ readonly type: 'weak'; readonly rules: readonly WeakRule[]; readonly judge: Judge } & WeakSettings)
  /** A judge's labels become the dataset's, as one state of it. */
  | { readonly type: 'keep'; readonly judge: Judge; readonly base: DatasetVersion; readonly message: string }
  /** What the rules are sure enough of becomes the label of rows that have none, as one state. */
  | ({
      readonly type: 'keep-weak';
      readonly rules: readonly WeakRule[];
      readonly judge: Judge;
      readonly base: DatasetVersion;
      readonly message: string;
    } & WeakSettings);

export type LabellingAnswer =
  | { readonly type: 'queue'; readonly queue: LabelQueue }
  | { readonly type: 'examples'; readonly examples: readonly ShownExample[] }
  | ({ readonly type: 'features' } & Pick<Examples, 'features' | 'texts'>)
  | { readonly type: 'agreement'; readonly agreement: LabelAgreement }
  | { readonly type: 'spans'; readonly spans: LabelSpans }
  | { readonly type: 'shapes'; readonly shapes: LabelShapes }
  | { readonly type: 'shape-agreement'; readonly pairs: readonly AgreeingOnShapes[] }
  | { readonly type: 'coco'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'read-coco'; readonly read: Result<CocoRead, string> }
  | { readonly type: 'weak'; readonly weak: WeakLabels }
  | { readonly type: 'kept'; readonly record: DatasetRecord };
