// The commands of the command line. Adding one: a file beside this one, and its line here.
import type { Command } from 'commander';
import * as account from './account.ts';
import * as audit from './audit.ts';
import * as compareBuild from './compare-build.ts';
import * as data from './data.ts';
import * as demo from './demo.ts';
import * as edge from './edge.ts';
import * as evaluate from './evaluate.ts';
import * as feasible from './feasible.ts';
import * as participate from './participate.ts';
import * as predict from './predict.ts';
import * as simulate from './simulate.ts';
import * as start from './start.ts';
import * as strategies from './strategies.ts';
import * as survey from './survey.ts';
import * as train from './train.ts';

export interface CommandFile {
  register(program: Command): void;
}

export const commands: readonly CommandFile[] = [
  start,
  demo,
  train,
  feasible,
  predict,
  participate,
  edge,
  evaluate,
  survey,
  data,
  simulate,
  strategies,
  account,
  audit,
  compareBuild,
];
