// How the classes of rows to learn from may be brought into balance (balanced-rows.ts).

export const balances = ['none', 'repeat', 'synthetic'] as const;
export type Balance = (typeof balances)[number];
