// Where a search looks for settings.

/** tpe: where what was tried promises most (core/search/tree-parzen.ts). */
export const searchWays = ['tpe', 'random', 'grid'] as const;
export type SearchWay = (typeof searchWays)[number];
