// Texts as they are on the web pages of towns and in lists of names, in bytes of one code page.
import { expect, test } from 'vitest';
import { readRawTable } from '../raw-table.ts';
import { sourceOfBytes } from '../source-file.ts';
import { guessEncoding } from './text-encoding.ts';
import type { TextEncoding } from './table-reading.ts';
import { pageOf } from './text-bytes.ts';

/** The bytes of a text in a page of one byte a letter. */
function bytesIn(encoding: TextEncoding, text: string): Uint8Array {
  const decoder = new TextDecoder(encoding);
  const bytes = new Map(
    Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte] as const),
  );
  return Uint8Array.from([...text].map((letter) => bytes.get(letter) ?? 0x3f));
}

const CENTRAL: Readonly<Record<string, string>> = {
  Polish:
    'miasto;kierunek\nŁódź;południe\nKraków;książka\nGdańsk;źródło\nWrocław;żółty\nCzęstochowa;miłość\nRzeszów;ćwierć, wartość 5 °C\n',
  towns:
    'Łódź\nKraków\nGdańsk\nPoznań\nWrocław\nBiałystok\nCzęstochowa\nToruń\nRzeszów\nŚwinoujście\nZielona Góra\n',
  Czech:
    'jméno;město\nJiří Dvořák;Plzeň\nTomáš Černý;Ústí nad Labem\nLucie Králová;Děčín\nMichal Němec;Příbram\nBožena Růžičková;Třebíč\n',
  Slovak:
    'Košice;Ján Kováč\nŽilina;Ľubica Šťastná\nBanská Bystrica;Mária Poľská\nKomárno;Peter Výboh, učiteľ\nTrenčín;Ružena Dlhá\n',
  Hungarian:
    'Győr;Nagy Gergő\nSzékesfehérvár;Kovács Ágnes\nHódmezővásárhely;Tóth Ödön\nPécs;Szűcs Jenő, üzletkötő\nKőszeg;Kiss Márton, mérnök, fizetés\n',
  Slovene: 'Črnomelj;Matjaž Šušteršič\nŠkofja Loka;Urška Žnidaršič\nKočevje;Boštjan Kovačič\n',
};
const WESTERN: Readonly<Record<string, string>> = {
  German: 'Größe;Straße\nmüde;Höhe\nKöln;Äpfel\nMünchen;Übung\nDüsseldorf;schön\nWürzburg;groß\n',
  French:
    'prénom;ville\nHélène;Orléans\nFrançois;Nîmes\nJérôme;Besançon\nGaëlle;Évreux où règne la forêt, déjà là-bas\nThérèse;Angoulême\n',
  Spanish: 'niño;León\nMaría;Cádiz\nJosé;Málaga\nÍñigo;A Coruña\nRaúl;Ávila\nMartínez;habitación, años\n',
  Portuguese: 'São Paulo;João\nGonçalves;Brasília\nAção;Conceição\nCafé;avó\nMaranhão;três países, órgãos\n',
  Danish: 'Århus;Søren\nKøbenhavn;Jørgen\nÆrø;Åse\nHelsingør;Bjørn\nRødovre;Kærlighed på gården\n',
  'names of many countries':
    'Bjørn\nThérèse\nMüller\nJosé\nGonçalves\nFrançois\nÅsa\nNiccolò\nZoë\nPéter\nAdèle\nRené\nSørensen\nLuìs\nMerkù\nÖzil\n',
  volumes:
    'm³;µm;°C\n12 m³;3 µm;5 °C\n7 m³;4 µm;5 °C\n7 m³;4 µm;5 °C\n7 m³;4 µm;5 °C\n7 m³;4 µm;5 °C\n7 m³;µm\nkm³\ncm³ m³ m³\n',
};

test('Windows-1250 and 1254 are told from 1252 by the letters of their languages, where those are plain', async () => {
  const guessed = (encoding: TextEncoding, texts: Readonly<Record<string, string>>) =>
    Promise.all(
      Object.entries(texts).map(async ([name, text]) => `${name}: ${await pageOf(bytesIn(encoding, text))}`),
    );
  for (const [encoding, texts] of [
    ['windows-1250', CENTRAL],
    ['windows-1252', WESTERN],
    [
      'windows-1254',
      { Turkish: 'Işık;İstanbul\nÇağrı;Muğla\nGül;Beyoğlu, şeker\nŞükrü;Ağrı dağı\nÖzgür;Kırşehir\n' },
    ],
  ] as const)
    expect(await guessed(encoding, texts)).toEqual(Object.keys(texts).map((name) => `${name}: ${encoding}`));
  // Too few to tell.
  expect(await pageOf(bytesIn('windows-1250', 'a;b\nŁódź;1\n'))).toBe('windows-1252');
});

test('a bad byte among letters of UTF-8 is a slip; without such letters it is of another encoding', () => {
  const slip = Uint8Array.from([...new TextEncoder().encode('Köln;Zürich;Genève;Łódź\n'), 0xe9, 0x0a]);
  expect(guessEncoding(slip)).toBe('utf-8');
  expect(guessEncoding(Uint8Array.from([...new TextEncoder().encode('caf'), 0xe9, 0x0a]))).toBe(
    'windows-1252',
  );
});

test('cells with bytes that are no letters are told by their rows', async () => {
  const rows = 'Köln;Zürich\nGenève;Łódź\n';
  const bytes = Uint8Array.from([...new TextEncoder().encode(`from;to\n${rows}caf`), 0xe9, 0x3b, 0x31, 0x0a]);
  expect(await readRawTable([sourceOfBytes('a.csv', bytes)], '')).toMatchObject({
    value: {
      rows: [
        ['Köln', 'Zürich'],
        ['Genève', 'Łódź'],
        ['caf\ufffd', '1'],
      ],
      notes: [expect.stringMatching(/are read as “\ufffd”: 1 cell, in row 4 \(“from”\)\./)],
    },
  });
});
