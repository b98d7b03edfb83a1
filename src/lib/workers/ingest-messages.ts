// The ingest worker's language: files and pictures in, a dataset in the store out, with a report of everything refused.
// Nothing here has a way to the network.
import type { DataContract } from '../core/data/contract.ts';
import type { DatasetVersion, FederationId } from '../core/ids.ts';
import type { SeriesView } from '../core/exploration/series-view.ts';
import type { SampleName } from '../core/federation.ts';
import type { Method } from '../core/projection/projection.ts';
import type { Figures } from '../core/statistics/index.ts';
import type { Question } from '../core/statistics/survey.ts';
import type { DatasetDifference } from '../modalities/dataset-difference.ts';
import type { DatasetEdit } from '../modalities/edit-dataset.ts';
import type { MergeChoices, MergeLook } from '../modalities/merge-states.ts';
import type { ExportedFile } from '../modalities/export-dataset.ts';
import type { DatasetExploration, DatasetRows } from '../modalities/explore-dataset.ts';
import type { FilesFound } from '../modalities/look-at-files.ts';
import type { Alike, Projection } from '../modalities/project-dataset.ts';
import type { TableReading } from '../modalities/table/table-reading.ts';
import type { ImportPreview, ImportReport } from '../modalities/import-report.ts';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { LabellingAnswer, LabellingQuestion } from './labelling-messages.ts';
import type { CancelRequest } from './request-messages.ts';

export type { ImportPreview, ImportRefusal, ImportReport } from '../modalities/import-report.ts';

export type ImportSource =
  | {
      readonly type: 'files';
      readonly files: readonly { readonly path: string; readonly file: File }[];
      /** What the person said of how a table is read. */
      readonly reading?: TableReading | undefined;
    }
  | { readonly type: 'sample'; readonly sample: SampleName; readonly seed: number; readonly count: number }
  /** One picture drawn or taken here, [H, W, 4] RGBA, with its label. */
  | {
      readonly type: 'picture';
      readonly origin: 'drawn' | 'camera';
      readonly width: number;
      readonly height: number;
      readonly rgba: Uint8ClampedArray;
      readonly label: string;
    };

/** What the source of a dataset begins with that was read from several files. */
export const spokenFiles = (count: number): string => `${count.toLocaleString('en')} files`;
/** By its source: not of several files, nor of a sample or a camera. */
export const isOfOneFile = (source: string): boolean =>
  / \([\d,]+ bytes\)/.test(source) && !/^[\d,]+ files \(/.test(source);

/** Ends the source of what was read so: a cut-off import goes on in the same way. */
export const WITHOUT_LABELS = ', kept without labels';

export interface ImportRequest {
  readonly id: number;
  readonly name: 'import';
  readonly source: ImportSource;
  readonly contract: DataContract;
  readonly federation: FederationId | null;
  readonly datasetName: string;
  /** Adds to this dataset (pictures), or continues this cut-off import; null makes a new one. */
  readonly dataset: string | null;
  /** What names no class is kept without a label, to be labelled here; else it is refused. */
  readonly keepsUnlabelled?: boolean | undefined;
}
/** Looks at files that have no contract yet. Stores nothing. */
export interface LookRequest {
  readonly id: number;
  readonly name: 'look';
  readonly files: readonly { readonly path: string; readonly file: File }[];
  readonly reading?: TableReading | undefined;
}
/** Encodes one input as training would, for "use the model": a row by column name, or a picture. Stores nothing. */
export interface EncodeRequest {
  readonly id: number;
  readonly name: 'encode';
  readonly contract: DataContract;
  readonly input:
    | { readonly type: 'row'; readonly cells: Readonly<Record<string, string>> }
    | {
        readonly type: 'picture';
        readonly width: number;
        readonly height: number;
        readonly rgba: Uint8ClampedArray;
        readonly origin: 'drawn' | 'camera' | 'file';
      }
    | { readonly type: 'file'; readonly file: File };
}
/** What is asked of a dataset that is kept here. */
export type DatasetQuestion =
  | { readonly type: 'explore'; readonly dataset: string }
  /** Rows [start, end) of the head. */
  | { readonly type: 'rows'; readonly dataset: string; readonly start: number; readonly end: number }
  /** Rows of the head by their numbers, from 0. */
  | { readonly type: 'rows-at'; readonly dataset: string; readonly rows: readonly number[] }
  /** What a survey would count of its rows, for the eye here. */
  | { readonly type: 'measure'; readonly dataset: string; readonly question: Question }
  | SeriesQuestion
  | ProjectQuestion
  /** What a recording was made of. */
  | { readonly type: 'sound'; readonly dataset: string; readonly row: number }
  /** Commits a change by hand to the head, which must be of the version `base`. */
  | {
      readonly type: 'edit';
      readonly dataset: string;
      readonly base: DatasetVersion;
      readonly edit: DatasetEdit;
      readonly message: string;
    }
  /** Its file as it is now, against the head, which must be of the version `base`; what differs becomes a state. */
  | {
      readonly type: 'read-again';
      readonly dataset: string;
      readonly base: DatasetVersion;
      readonly files: LookRequest['files'];
      /** Rows of the head that the person lets go, at most. */
      readonly mayRemove: number;
    }
  /** Between two states. */
  | { readonly type: 'difference'; readonly dataset: string; readonly from: number; readonly to: number }
  /** What merging the state `from` into the head would take, and where both differ. Stores nothing. */
  | { readonly type: 'look-at-merge'; readonly dataset: string; readonly from: number }
  /** Merges it, as it was looked at: `onto` and `base` are those of then. */
  | {
      readonly type: 'merge';
      readonly dataset: string;
      readonly base: DatasetVersion;
      readonly onto: number;
      readonly from: number;
      readonly choices: MergeChoices;
    }
  /** A state as files for other tools. */
  | { readonly type: 'export'; readonly dataset: string; readonly state: number }
  | { readonly type: 'labelling'; readonly dataset: string; readonly asks: LabellingQuestion };
/** Its rows as points of a plane. */
export interface ProjectQuestion {
  readonly type: 'project';
  readonly dataset: string;
  readonly alike: Alike;
  readonly method: Method;
}
/** A column of a table over its time. */
export interface SeriesQuestion {
  readonly type: 'series';
  readonly dataset: string;
  readonly column: string;
  /** The column that names the series of a row; null: all rows are of one. */
  readonly by: string | null;
  /** Which of them; null, or of none: the first. */
  readonly of: string | null;
}
export interface SeriesShown {
  /** Of all series; of one without a name it is empty. */
  readonly names: readonly string[];
  readonly name: string;
  readonly view: SeriesView;
}

/** Examples on either side of the split by hash, in all and by class (contract order; empty for a number target). */
export interface SplitShares {
  readonly training: number;
  readonly heldOut: number;
  readonly trainingByClass: readonly number[];
  readonly heldOutByClass: readonly number[];
}
export type DatasetAnswer =
  | { readonly type: 'explored'; readonly found: DatasetExploration; readonly split: SplitShares }
  | { readonly type: 'rows'; readonly rows: DatasetRows }
  | { readonly type: 'series'; readonly shown: SeriesShown }
  | { readonly type: 'projected'; readonly projection: Projection }
  /** In the order of the question. */
  | { readonly type: 'measured'; readonly figures: readonly Figures[] }
  /** 16 bits at this rate, Hz; null: none is kept. */
  | { readonly type: 'sound'; readonly samples: Int16Array<ArrayBuffer> | null; readonly sampleRate: number }
  | { readonly type: 'edited'; readonly record: DatasetRecord }
  | {
      readonly type: 'read-again';
      readonly record: DatasetRecord;
      /** Rows; null: the file holds what is here. */
      readonly change: {
        readonly changed: number;
        readonly added: number;
        readonly removed: number;
      } | null;
      /** Rows of the file that were not taken, and why the first was not. */
      readonly refused: number;
      readonly reason: string | null;
    }
  /** More rows are not in the file than were to go: nothing was changed. */
  | {
      readonly type: 'rows-would-go';
      readonly removed: number;
      /** Rows that are here. */
      readonly of: number;
      readonly refused: number;
      readonly reason: string | null;
    }
  | { readonly type: 'difference'; readonly difference: DatasetDifference }
  /** Of the head, and its version, at that time. */
  | {
      readonly type: 'merge-seen';
      readonly onto: number;
      readonly base: DatasetVersion;
      readonly look: MergeLook;
    }
  | { readonly type: 'merged'; readonly record: DatasetRecord }
  | { readonly type: 'exported'; readonly files: readonly ExportedFile[] }
  | { readonly type: 'labelling'; readonly answer: LabellingAnswer };
export interface DatasetRequest {
  readonly id: number;
  readonly name: 'dataset';
  readonly question: DatasetQuestion;
}
export type IngestRequest = ImportRequest | LookRequest | EncodeRequest | DatasetRequest | CancelRequest;

export type IngestReply =
  | {
      readonly type: 'progress';
      readonly id: number;
      readonly fraction: number | null;
      readonly examples: number;
      readonly message: string;
    }
  | {
      readonly type: 'imported';
      readonly id: number;
      readonly record: DatasetRecord;
      readonly report: ImportReport;
      readonly preview: ImportPreview;
    }
  /** Nothing was stored: every refusal is in the report. */
  | { readonly type: 'refused'; readonly id: number; readonly report: ImportReport }
  | { readonly type: 'looked'; readonly id: number; readonly found: FilesFound }
  | { readonly type: 'encoded'; readonly id: number; readonly features: Uint8Array | Float32Array }
  | { readonly type: 'answer'; readonly id: number; readonly answer: DatasetAnswer }
  | { readonly type: 'failure'; readonly id: number; readonly kind: string; readonly message: string }
  | { readonly type: 'cancelled'; readonly id: number };
