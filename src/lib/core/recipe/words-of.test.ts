import { expect, test } from 'vitest';
import { isProse } from './steps/words.ts';
import { wordsOf } from './words-of.ts';

test('words are runs of letters with the marks upon them', () => {
  expect(wordsOf('Don’t say 12 times: étés!')).toEqual(['don’t', 'say', '12', 'times', 'étés']);
  // Vowels of Devanagari are marks, as is an accent that is written apart.
  expect(wordsOf('हिन्दी भाषा e\u0301te\u0301')).toEqual(['हिन्दी', 'भाषा', 'e\u0301te\u0301']);
  expect(wordsOf('한국어 문장')).toEqual(['한국어', '문장']);
});

test('where a script has no blanks, each letter with the next is a word', () => {
  expect(wordsOf('这部电影很好。好')).toEqual(['这部', '部电', '电影', '影很', '很好', '好']);
  expect(wordsOf('映画2本をDVDで')).toEqual(['映画', '2', '本を', 'dvd', 'で']);
  // A mark stays with its letter.
  expect(wordsOf('ที่ดี')).toEqual(['ที่ดี']);
});

test('sentences without blanks are prose, and names without them are none', () => {
  const sentences = Array.from({ length: 12 }, (_, at) => `这部电影的故事很好，演员也不错${at}`);
  expect(isProse(sentences)).toBe(true);
  expect(isProse(Array.from({ length: 12 }, (_, at) => `山田太郎${at}`))).toBe(false);
  expect(isProse(sentences.map((_, at) => `a${at}`.repeat(20)))).toBe(false);
});
