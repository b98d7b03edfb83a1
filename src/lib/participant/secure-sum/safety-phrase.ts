// A phrase of six words for the roster that a device was shown: whoever reads the same words aloud on two devices knows that both were
// shown the same cohort and keys. 6 · 8 bits: a server that wants two rosters to agree must try 2⁴⁸ of them within one round.
const words =
  'acid aged also area army away baby back ball band bank base bath bear beat bell belt best bird blow blue boat body bold bone book born both bowl bulk burn bush busy cake call calm camp card care cart case cash cast cave cell city clay club coal coat code cold come cook cool copy corn cost crew crop dark data date dawn deal dear deck deep desk dial diet dish dock door dose down draw drop drum duck dust duty each earn east easy edge face fact fair fall farm fast fate feed feel film find fine fire firm fish five flag flat flow folk food foot form four free fuel full fund gain game gate gift girl give glad goal gold golf good gray grey grow gulf hair half hall hand harm head heat help herb hero high hill hold hole holy home hope horn host hour huge idea inch iron item jazz join jump jury just keen keep kind king knee lady lake land lane last lead leaf lean left lens lift like lime line link lion list live loan lock long look loop loud luck lung made mail main make mark mask meal mean meat melt mild mile milk mill mind mine mint mode moon more moss most move much myth nail name navy near neat neck nest news next nice nine node noon nose note oath obey once only open oval oven pack page pair palm park part past path peak pear pine pink pipe plan play plot plus poem'.split(
    ' ',
  );

export const PHRASE_WORDS = 6;

export const safetyPhrase = (rosterHash: Uint8Array): string =>
  Array.from(rosterHash.subarray(0, PHRASE_WORDS), (byte) => words[byte] ?? '').join(' ');

export const phraseWords: readonly string[] = words;
