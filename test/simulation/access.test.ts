// Who may take part: by invitation where a federation is closed, and never whom its coordinator left out.
import { describe, expect, test } from 'vitest';
import { participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Answer, ServerMessages } from '#lib/protocol/messages.ts';
import type { NewInvitation } from '#lib/protocol/invitations.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, publicKeyOf, World } from './world.ts';

const closed = (): FederationSpec => ({ ...exampleSpec(), access: { type: 'invited' } });

interface Visitor {
  readonly participant: ParticipantId;
  readonly heard: { readonly name: string; readonly message: unknown }[];
  checkIn(code?: string): Promise<Answer>;
}

/** A device that does what it is told by hand. */
function visitor(world: World, index: number): Visitor {
  const participant = participantIdOf(publicKeyOf(1_000 + index));
  const heard: Visitor['heard'] = [];
  const connection: Connection = {
    id: `visitor ${index}`,
    participant,
    name: `Visitor ${index}`,
    kind: 'tab',
    send: <Name extends keyof ServerMessages>(name: Name, message: ServerMessages[Name]) =>
      void heard.push({ name, message }),
  };
  return {
    participant,
    heard,
    checkIn: (code) =>
      world.coordinator.receive(connection, {
        name: 'check-in',
        message: {
          federation,
          examples: 20,
          backend: 'cpu',
          ...(code === undefined ? {} : { invitation: code }),
        },
      }),
  };
}

async function invited(world: World, changes: Partial<NewInvitation> = {}) {
  const made = await world.coordinator.invite(federation, {
    note: '',
    devices: 1,
    expiresInMs: null,
    ...changes,
  });
  if (made === undefined) throw new Error('no federation');
  return made;
}
const refusedWith = (words: RegExp) => ({
  ok: false,
  error: 'not-invited',
  message: expect.stringMatching(words),
});

describe('a federation of invited devices', () => {
  test('takes a device by its invitation, knows its key from then on, and nobody without', async () => {
    const world = await World.open(1, closed(), 0);
    const { code, invitation } = await invited(world, { note: 'Ward 3' });
    const [ada, bob] = [visitor(world, 1), visitor(world, 2)];
    expect(await ada.checkIn()).toMatchObject(refusedWith(/invited devices only/));
    expect(await ada.checkIn('x'.repeat(22))).toMatchObject(refusedWith(/knows no such invitation/));
    expect(await ada.checkIn(code)).toMatchObject({ ok: true });
    expect(await ada.checkIn()).toMatchObject({ ok: true });
    expect(await bob.checkIn(code)).toMatchObject(refusedWith(/for one device, and another has used it/));
    expect(world.coordinator.invitations(federation)).toEqual([
      {
        ...invitation,
        state: 'used',
        redeemed: [{ participant: ada.participant, at: expect.any(Number) }],
      },
    ]);
    // Nothing but the digest of a code is kept.
    expect(JSON.stringify(await world.kept.invitations(federation))).not.toContain(code);
    await world.restart();
    expect(await visitor(world, 1).checkIn()).toMatchObject({ ok: true });
    expect(await visitor(world, 2).checkIn(code)).toMatchObject(refusedWith(/has used it/));
  });

  test('lets in as many devices as an invitation is for, however many ask at once', async () => {
    const world = await World.open(1, closed(), 0);
    const { code } = await invited(world, { devices: 7 });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => visitor(world, index).checkIn(code)),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(7);
    expect(answers.at(-1)).toMatchObject(refusedWith(/for 7 devices, and as many have used it/));
    expect(world.coordinator.view(federation)?.checkedIn).toBe(7);
  });

  test('refuses what has expired or was taken back; who came by it before stays', async () => {
    const world = await World.open(1, closed(), 0);
    const brief = await invited(world, { devices: 5, expiresInMs: 60_000 });
    const taken = await invited(world, { devices: 5 });
    expect(await visitor(world, 1).checkIn(brief.code)).toMatchObject({ ok: true });
    expect(await visitor(world, 2).checkIn(taken.code)).toMatchObject({ ok: true });
    await world.clock.advance(60_000);
    await world.coordinator.revokeInvitation(federation, taken.invitation.id);
    expect(await visitor(world, 3).checkIn(brief.code)).toMatchObject(refusedWith(/has expired/));
    expect(await visitor(world, 3).checkIn(taken.code)).toMatchObject(refusedWith(/was taken back/));
    for (const index of [1, 2]) expect(await visitor(world, index).checkIn()).toMatchObject({ ok: true });
    expect(world.coordinator.invitations(federation)?.map((one) => one.state)).toEqual([
      'revoked',
      'expired',
    ]);
    expect(await world.coordinator.revokeInvitation(federation, 'f'.repeat(12))).toMatchObject({
      ok: false,
      error: { error: 'unknown-invitation' },
    });
    expect((await world.kept.journal(federation)).map((entry) => entry.type)).toEqual([
      'created',
      'invited',
      'invited',
      'admitted',
      'admitted',
      'invitation-revoked',
    ]);
  });

  test('that was open before turns away those who were not invited', async () => {
    const world = await World.open(1, exampleSpec(), 0);
    const { code } = await invited(world);
    const [ada, bob] = [visitor(world, 1), visitor(world, 2)];
    await ada.checkIn();
    await bob.checkIn();
    await world.coordinator.change(federation, closed());
    expect(ada.heard.map((one) => one.name)).toContain('turned-away');
    expect(world.coordinator.view(federation)?.checkedIn).toBe(0);
    expect(await bob.checkIn(code)).toMatchObject({ ok: true });
  });
});

describe('a device that is left out', () => {
  test('is told why, stands in no round, and its updates are refused until it is let in again', async () => {
    const world = await World.open(1, exampleSpec({ rules: { goal: 3, minimum: 1, overSelection: 1 } }), 3);
    for (const device of world.devices) device.conduct = () => 'silent';
    await world.start();
    const { coordinator } = world;
    const [out] = world.devices;
    const { participant } = out!;
    const round = coordinator.view(federation)!.round!;
    expect(round.phase).toBe('reporting');
    const view = await coordinator.exclude(federation, participant, { reason: 'Its data are doubled' });
    expect(view).toMatchObject({ ok: true, value: [{ participant, reason: 'Its data are doubled' }] });
    expect(out?.received).toContain('turned-away');
    expect(coordinator.view(federation)).toMatchObject({ checkedIn: 2 });
    expect(
      coordinator.view(federation)!.round!.cohort.find((one) => one.participant === participant),
    ).toMatchObject({ stage: 'dropped', reason: 'The coordinator left it out.' });
    const { head } = coordinator.view(federation)!;
    const offer = {
      round: round.round,
      base: head.digest,
      codec: 'f32',
      steps: 1,
      baseLoss: null,
      bytes: head.bytes,
      digest: head.digest,
      examples: out!.examples,
    };
    const reply = await coordinator.offer(federation, participant, offer);
    expect(reply).toMatchObject({
      type: 'refused',
      refusal: { kind: 'excluded' },
      message: expect.stringContaining('Its data are doubled'),
    });
    out!.connect();
    await coordinator.idle();
    expect(coordinator.view(federation)?.checkedIn).toBe(2);
    await world.restart();
    expect(world.coordinator.exclusions(federation)).toHaveLength(1);
    await world.coordinator.readmit(federation, participant);
    out!.connect();
    await world.coordinator.idle();
    expect(world.coordinator.exclusions(federation)).toEqual([]);
    expect(world.coordinator.view(federation)?.checkedIn).toBeGreaterThan(0);
    expect((await world.kept.journal(federation)).map((entry) => entry.type)).toEqual(
      expect.arrayContaining(['excluded', 'readmitted']),
    );
  });

  test('is given the receipt of what was accepted before, however often it asks, and nothing else counts', async () => {
    const world = await World.open(1, exampleSpec({ rules: { goal: 3, minimum: 1, overSelection: 1 } }), 3);
    const [out, ...others] = world.devices;
    for (const other of others) other.conduct = () => 'silent';
    await world.start();
    const { round } = world.coordinator.view(federation)!.round!;
    await world.until(() => out!.replies.has(round), 60_000);
    const before = out!.replies.get(round);
    if (before?.type !== 'accepted') throw new Error('not accepted');
    const { base, update: digest, bytes, examples } = before.receipt;
    const offer = { round, base, codec: 'f32', steps: 1, baseLoss: null, bytes, digest, examples };
    const { participant } = out!;
    await world.coordinator.exclude(federation, participant, { reason: 'Its data are doubled' });
    expect(await world.coordinator.offer(federation, participant, offer)).toEqual(before);
    const another = { ...offer, digest: base };
    expect(await world.coordinator.offer(federation, participant, another)).toMatchObject({
      refusal: { kind: 'duplicate' },
    });
  });

  test('must be known, and one that is not left out cannot be let in again', async () => {
    const world = await World.open(1, exampleSpec(), 0);
    const stranger = visitor(world, 1).participant;
    for (const outcome of [
      await world.coordinator.exclude(federation, stranger, { reason: 'So.' }),
      await world.coordinator.readmit(federation, stranger),
    ])
      expect(outcome).toMatchObject({ ok: false, error: { error: 'unknown-participant' } });
  });
});

test('a device whose updates cannot be used is turned away for a while, told for how long, and then let in', async () => {
  const world = await World.open(
    1,
    exampleSpec({ rules: { goal: 3, minimum: 1, overSelection: 1 } }),
    3,
    undefined,
    {
      weighs: true,
    },
  );
  const [liar] = world.devices;
  liar!.conduct = () => 'not-a-number';
  await world.start();
  const { participant } = liar!;
  const away = (): number | null =>
    world.coordinator.reputation(federation)?.find((one) => one.participant === participant)?.awayMs ?? null;
  expect(await world.until(() => away() !== null, 600_000)).toBe(true);
  expect(world.coordinator.reputation(federation)?.map((one) => one.participant)).toEqual([participant]);
  liar!.disconnect();
  const connection: Connection = { id: 'again', participant, name: null, kind: 'tab', send: () => {} };
  const checkIn = () =>
    world.coordinator.receive(connection, {
      name: 'check-in',
      message: { federation, examples: liar!.examples, backend: 'cpu' },
    });
  const answer = await checkIn();
  expect(answer).toMatchObject({
    ok: false,
    error: 'backed-off',
    message: expect.stringMatching(/stay away/),
  });
  if (answer.ok || answer.error !== 'backed-off') throw new Error('not turned away');
  await world.clock.advance(answer.afterMs + 1);
  expect(await checkIn()).not.toMatchObject({ error: 'backed-off' });
});
