// The round ring: from a cohort to arcs. Up to 24 members have an arc each; beyond that the stages share the ring by count.
import type { Stage } from '../../protocol/views.ts';

/** Five looks for seven stages: what a glance must tell apart. */
export type RingState = 'waiting' | 'training' | 'uploading' | 'averaged' | 'dropped';

export const ringStates: readonly {
  readonly state: RingState;
  readonly glyph: string;
  readonly title: string;
}[] = [
  { state: 'averaged', glyph: '●', title: 'update in' },
  { state: 'uploading', glyph: '▲', title: 'uploading' },
  { state: 'training', glyph: '■', title: 'training' },
  { state: 'waiting', glyph: '○', title: 'waiting' },
  { state: 'dropped', glyph: '✕', title: 'dropped' },
];

export function ringStateOf(stage: Stage): RingState {
  switch (stage) {
    case 'waiting':
    case 'receiving':
      return 'waiting';
    case 'training':
      return 'training';
    case 'uploading':
      return 'uploading';
    case 'accepted':
      return 'averaged';
    case 'refused':
    case 'dropped':
      return 'dropped';
    default:
      return stage satisfies never;
  }
}

export interface RingMember {
  readonly stage: Stage;
  readonly fraction: number | null;
}

export interface RingArc {
  readonly state: RingState;
  /** Of the whole circle, 0–1, clockwise from the top; the gap between arcs is already taken off. */
  readonly from: number;
  readonly to: number;
  /** How much of the arc is filled: a member that is 60 % trained. */
  readonly filled: number;
}

export const LARGEST_RING = 24;

export const countStates = (members: readonly RingMember[]): Readonly<Record<RingState, number>> => {
  const counts = { waiting: 0, training: 0, uploading: 0, averaged: 0, dropped: 0 };
  for (const member of members) counts[ringStateOf(member.stage)] += 1;
  return counts;
};

/** Members in the order averaged, uploading, training, waiting, dropped; `empty` places are added as waiting ones. */
export function ringArcs(members: readonly RingMember[], empty = 0): readonly RingArc[] {
  const total = members.length + empty;
  if (total === 0) return [];
  const order = ringStates.map((one) => one.state);
  if (total > LARGEST_RING) {
    const counts = { ...countStates(members) };
    counts.waiting += empty;
    const present = order.filter((state) => counts[state] > 0);
    const gap = present.length > 1 ? 0.008 : 0;
    let at = 0;
    return present.map((state) => {
      const from = at;
      at += counts[state] / total;
      return { state, from: from + gap / 2, to: Math.max(from + gap / 2, at - gap / 2), filled: 1 };
    });
  }
  const places = [
    ...members.map((member) => ({ state: ringStateOf(member.stage), fraction: member.fraction })),
    ...Array.from({ length: empty }, () => ({ state: 'waiting' as const, fraction: null })),
  ].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const gap = total === 1 ? 0 : Math.min(0.02, 0.24 / total);
  return places.map((place, index) => ({
    state: place.state,
    from: index / total + gap / 2,
    to: (index + 1) / total - gap / 2,
    filled: place.state === 'training' ? Math.max(0.2, place.fraction ?? 0.2) : 1,
  }));
}
