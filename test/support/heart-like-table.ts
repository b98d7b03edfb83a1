// Tables like those of a heart clinic, made from a seed: numbers, categories, missing cells, and five grades of illness.
import { random } from '#lib/core/random.ts';

/** CSV with a header line and `rows` rows; whoever is older and has more cholesterol is more often ill. */
export function heartLikeTable(seed: number, rows: number): string {
  const draw = random(seed, 'heart-like-table');
  const whole = (low: number, high: number): number => low + Math.floor(draw.next() * (high - low + 1));
  const lines = ['age,sex,chest_pain,cholesterol,thal,disease'];
  for (let row = 0; row < rows; row += 1) {
    // The first rows hold the ends of each range, so that every table has the same columns to tell.
    const age = row === 0 ? 30 : row === 1 ? 77 : whole(30, 77);
    const cholesterol = row === 0 ? 150 : row === 1 ? 400 : whole(150, 400);
    const pain = ['typical', 'atypical', 'none'][row % 3] ?? 'none';
    const thal = row % 11 === 5 ? '?' : (['normal', 'fixed'][row % 2] ?? 'normal');
    const risk = (age - 30) / 47 + (cholesterol - 150) / 250 + 0.2 * draw.next();
    lines.push([age, row % 2, pain, cholesterol, thal, risk > 1.1 ? 'ill' : 'well'].join(','));
  }
  return `${lines.join('\n')}\n`;
}
