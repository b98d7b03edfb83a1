// `tributary predict`: what a model that `tributary train --save` has written says of new rows, pictures or recordings, and why.
import type { Command } from 'commander';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { waysToExplain, type WayToExplain } from '#lib/participant/workbench/explain.ts';
import type { WordEffect } from '#lib/core/explanation/words-by-lime.ts';
import { SHIFTED } from '#lib/participant/workbench/balance.ts';
import type { Prediction } from '#lib/participant/workbench/predict-files.ts';
import { predictionsText } from '#lib/participant/workbench/predictions-text.ts';
import { oneOf } from '../simulate/flags.ts';
import type { OpenedModel } from '#lib/participant/workbench/model-file.ts';
import { openVersion } from '../train/open-version.ts';
import { openModel, predictPaths } from '../train/predict.ts';
import { versionOf } from './evaluate.ts';
import { UnusableTraining } from '../train/unusable.ts';

interface Flags {
  readonly model?: string;
  readonly url?: string;
  readonly federation?: string;
  readonly version: string;
  readonly data: readonly string[];
  readonly explain?: true | WayToExplain;
  readonly csv?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('predict')
    .description('what a model that train has saved says of what it has not seen')
    .option('--model <file>', 'as tributary train --save has written it')
    .option('--url <address>', 'instead of --model, with --federation: the server of a federation of tables')
    .option('--federation <id>', 'whose rows are read and prepared as its devices do')
    .option('--version <which>', 'of the federation: a number, live or head', versionOf, 'live')
    .requiredOption(
      '--data <path>',
      'what it takes: files of one table, with the columns that it learnt from (of a model of windows, the latest rows); pictures or recordings, in folders or zips; may be given again',
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .option(
      '--explain [way]',
      'what each column adds to each prediction: shapley, lime for a line around it, or of a network gradients',
      oneOf(...waysToExplain),
    )
    .option('--csv', 'a table: each prediction, and of classes the share of each')
    .option('--json', 'one line of JSON a prediction')
    .action(async (flags: Flags) => {
      const cancel = new AbortController();
      const stop = (): void => cancel.abort(new Error('Stopped.'));
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const model = await modelOf(flags);
        if (model.reading !== undefined && flags.explain !== undefined)
          throw new UnusableTraining(
            '--explain starts from the mean of the rows learnt from, and nobody has seen those of all devices. Leave it out, or ask for “Why?” on the federation’s page.',
          );
        if (flags.csv === true && (flags.json === true || flags.explain !== undefined))
          throw new UnusableTraining(
            '--csv is a table of predictions alone: leave --json and --explain out, or --csv.',
          );
        const { predictions, unseen, stoodIn, leftOut, reasons } = await predictPaths(
          model,
          flags.data,
          flags.explain === true ? 'shapley' : (flags.explain ?? null),
          cancel.signal,
        );
        if (flags.csv === true) process.stdout.write(predictionsText(predictions));
        else
          for (const one of predictions) console.log(flags.json === true ? JSON.stringify(one) : spoken(one));
        const thing = model.contract.kind === 'table' ? 'row' : 'file';
        if (leftOut > 0)
          console.error(
            [
              `Of ${leftOut} ${thing}${leftOut === 1 ? '' : 's'} nothing is predicted:`,
              ...reasons.slice(0, SHOWN_REASONS),
            ].join('\n  '),
          );
        if (model.isBalanced === true) console.error(`It learnt from classes in balance. ${SHIFTED}`);
        if (unseen > 0)
          console.error(`${unseen} cells hold what the model never saw, and were read as missing.`);
        if (stoodIn > 0)
          console.error(
            `${stoodIn} cells are missing where no row that it learnt from lacked one: the mean of those stands in, and of categories none.`,
          );
      } finally {
        process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
      }
    });
}

async function modelOf({ model, url, federation, version }: Flags): Promise<OpenedModel> {
  if (model !== undefined && url === undefined && federation === undefined) return openModel(model);
  if (model !== undefined || url === undefined || federation === undefined)
    throw new UnusableTraining('Name a file by --model, or a version by --url and --federation.');
  return openVersion(url, v.parse(FederationId, federation), version);
}

const SHOWN_REASONS = 20;
const SHOWN = 5;

function spoken({ row: number, file, series, time, says, shares, explanation }: Prediction): string {
  const row = [file, series, time ?? number].filter((one) => one !== undefined && one !== null).join(' ');
  const answer =
    typeof says === 'number'
      ? String(Number(says.toPrecision(6)))
      : shares === undefined
        ? says
        : `${says} (${(Math.max(...Object.values(shares)) * 100).toFixed(1)} %)`;
  if (explanation === undefined) return `${row}: ${answer}`;
  const effects = explanation.effects
    .slice(0, SHOWN)
    .map(({ column, effect }) => `${column} ${effect >= 0 ? '+' : ''}${effect.toPrecision(3)}`)
    .join(', ');
  const texts = (explanation.words ?? []).map(({ column, words }) => spokenWords(column, words));
  return `${row}: ${answer}; ${explanation.of} ${explanation.score.toPrecision(3)} = ${explanation.base.toPrecision(3)} usually; ${effects}${explanation.effects.length > SHOWN ? ', …' : ''}${texts.join('')}`;
}

/** The words of a text that speak most for what is explained, and most against it. */
function spokenWords(column: string, words: readonly WordEffect[]): string {
  const told = (sign: 1 | -1): string =>
    words
      .filter(({ effect }) => effect * sign > 0)
      .slice(0, SHOWN)
      .map(({ term, effect }) => `${term} ${sign > 0 ? '+' : ''}${effect.toPrecision(2)}`)
      .join(', ') || 'none';
  return `\n    words of ${column}: for it ${told(1)}; against it ${told(-1)}`;
}
