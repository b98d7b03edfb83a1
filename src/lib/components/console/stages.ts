// Colour, glyph and word of a participant's stage, the same in timeline, tables and legends.
import type { Stage } from '#lib/protocol/views.ts';

export const stageLook: Readonly<
  Record<Stage, { readonly glyph: string; readonly colour: string; readonly word: string }>
> = {
  waiting: { glyph: '○', colour: 'var(--state-waiting)', word: 'waiting' },
  receiving: { glyph: '◐', colour: 'var(--state-waiting)', word: 'receiving' },
  training: { glyph: '■', colour: 'var(--state-training)', word: 'training' },
  uploading: { glyph: '▲', colour: 'var(--state-uploading)', word: 'uploading' },
  accepted: { glyph: '●', colour: 'var(--state-averaged)', word: 'accepted' },
  refused: { glyph: '✕', colour: 'var(--danger)', word: 'refused' },
  dropped: { glyph: '✕', colour: 'var(--state-dropped)', word: 'dropped' },
};
