// What can be asked of a model beyond its figures, and the answers; each is worked out when somebody asks.
import { fail, ok, type Result } from '../../../core/result.ts';
import { checkLabels, dependenceOn, type RowsDependence, type ShownSuspect } from '../analyse.ts';
import { explainRow, type Explanation, type WayToExplain } from '../explain.ts';
import type { FitSurroundings } from '../fit.ts';
import { explainPicture, type PictureExplanation, type WayToExplainPictures } from './picture-reasons.ts';
import { curvesOf, type Curves } from './curves.ts';
import type { Examined } from './examined.ts';
import { forecastOf, type Forecast } from './forecast.ts';
import { groupsLooked, type GroupsLooked } from './groups.ts';
import { shownRows, type ShownRows, type WantedRows } from './rows.ts';

export type Look =
  | { readonly type: 'curves' }
  | { readonly type: 'rows'; readonly of: WantedRows; readonly from: number }
  | { readonly type: 'groups'; readonly column: string; readonly positive: string | null }
  /** Labels among the rows to learn from that look wrong: five fits, which take their time. */
  | { readonly type: 'suspects' }
  | { readonly type: 'dependence'; readonly column: string }
  /** Of a model of windows: the end of a series, by its name. */
  | { readonly type: 'forecast'; readonly of: string | null }
  /** Of a held-out row of a table, and of a picture. */
  | { readonly type: 'reasons'; readonly row: number; readonly way: WayToExplain }
  | { readonly type: 'picture-reasons'; readonly row: number; readonly way: WayToExplainPictures };

export type Looked =
  | { readonly type: 'curves'; readonly curves: Curves }
  | { readonly type: 'rows'; readonly rows: ShownRows }
  | { readonly type: 'groups'; readonly groups: GroupsLooked }
  | { readonly type: 'suspects'; readonly checked: number; readonly suspects: readonly ShownSuspect[] }
  | { readonly type: 'dependence'; readonly dependence: RowsDependence }
  | { readonly type: 'forecast'; readonly forecast: Forecast }
  | { readonly type: 'reasons'; readonly explanation: Explanation }
  | { readonly type: 'picture-reasons'; readonly explanation: PictureExplanation };

/** Refused with a sentence where there is no answer. Rejects with the signal's reason. */
export async function lookAt(
  examined: Examined,
  look: Look,
  surroundings: FitSurroundings,
): Promise<Result<Looked, string>> {
  const { data, model, seed, balance } = examined;
  switch (look.type) {
    case 'curves':
      return ok({ type: 'curves', curves: curvesOf(examined) });
    case 'rows':
      return ok({ type: 'rows', rows: shownRows(examined, look.of, look.from) });
    case 'groups': {
      const groups = groupsLooked(examined, look.column, look.positive);
      return groups.ok ? ok({ type: 'groups', groups: groups.value }) : groups;
    }
    case 'suspects': {
      const suspects = await checkLabels(data, model.chosen, seed, surroundings, balance);
      return suspects.ok
        ? ok({ type: 'suspects', checked: data.training.count, suspects: suspects.value })
        : suspects;
    }
    case 'dependence': {
      if (data.contract.kind !== 'table') return fail('Pixels are no columns: ask about a picture.');
      const { features, count } = data.heldOut;
      const rows = { features: Float32Array.from(features), count };
      const dependence = await dependenceOn(data.contract, examined.predict, look.column, rows);
      return dependence === undefined
        ? fail(`The model does not take a column “${look.column}”.`)
        : ok({ type: 'dependence', dependence });
    }
    case 'forecast': {
      const forecast = forecastOf(examined, look.of);
      return forecast.ok ? ok({ type: 'forecast', forecast: forecast.value }) : forecast;
    }
    case 'reasons': {
      const size = data.heldOut.features.length / data.heldOut.count;
      const row = Float32Array.from(data.heldOut.features.subarray(look.row * size, (look.row + 1) * size));
      const explanation = explainRow(model, row, look.way);
      return explanation.ok ? ok({ type: 'reasons', explanation: explanation.value }) : explanation;
    }
    case 'picture-reasons': {
      const explanation = await explainPicture(examined, look.row, look.way);
      return explanation.ok ? ok({ type: 'picture-reasons', explanation: explanation.value }) : explanation;
    }
    default:
      return look satisfies never;
  }
}
