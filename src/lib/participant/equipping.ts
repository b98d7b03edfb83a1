// Getting ready, once: the federation's spec, this device's rows, an engine that passed the test; and anew when the model changes.
import { modelText } from '../core/federation.ts';
import type { FederationView } from '../protocol/views.ts';
import { equip, JoinRefused, type Equipment } from './equipment.ts';
import { Ended, type Ground } from './ground.ts';
import type { Joined } from './joined.ts';
import { sameContract } from './own-rows.ts';

export interface Equipping {
  /** For a device that is about to join. Rejects with JoinRefused or LinkLost. */
  prepare(chosen: Pick<Joined, 'dataset' | 'backend'>): Promise<Equipment>;
  /** For a device that has joined. Rejects with JoinRefused, LinkLost or Ended. */
  ready(): Promise<Equipment>;
  drop(): void;
}

export function createEquipping(ground: Ground): Equipping {
  const { standing, options, queue } = ground;
  const { federation, link } = options;
  let underWay: Promise<Equipment> | undefined;

  async function viewOfFederation(): Promise<FederationView> {
    const view = standing.view ?? (await link.federation(federation));
    if (view === undefined)
      throw new JoinRefused(
        'unknown-federation',
        `There is no federation “${federation}” here. Check the link you were given.`,
      );
    standing.view = view;
    return view;
  }
  async function prepare(chosen: Pick<Joined, 'dataset' | 'backend'>): Promise<Equipment> {
    const { spec } = await viewOfFederation();
    standing.checking = true;
    ground.changed();
    try {
      const { learner } = options;
      if (learner === undefined) return await equip({ ...options, queue }, chosen, spec);
      const { equipLearner } = await import('./learner.ts');
      return await equipLearner(learner, { ...options, queue }, chosen.dataset, spec);
    } finally {
      standing.checking = false;
      ground.changed();
    }
  }
  /** Whether the rows are those that it may read now: data is changed, and columns are withheld, while it takes part. */
  const isAsRead = async ({ rows }: Equipment, dataset: string): Promise<boolean> =>
    options.learner !== undefined || (await options.datasets.record(dataset))?.version === rows.version;
  function drop(): void {
    standing.equipment?.engine.dispose();
    standing.equipment = undefined;
  }
  return {
    prepare,
    async ready() {
      if (standing.joined === null) throw new Ended();
      const { equipment, view } = standing;
      // A draft that changed may bring another model, ask for other data, or hold other devices out.
      if (
        equipment !== undefined &&
        (await isAsRead(equipment, standing.joined.dataset)) &&
        (view === undefined ||
          (modelText(view.spec) === modelText(equipment.spec) &&
            view.spec.rules.heldOutDevices === equipment.spec.rules.heldOutDevices &&
            sameContract(view.spec.contract, equipment.spec.contract)))
      )
        return equipment;
      drop();
      underWay ??= prepare(standing.joined).finally(() => (underWay = undefined));
      const made = await underWay;
      if (standing.joined === null) {
        made.engine.dispose();
        throw new Ended();
      }
      standing.equipment = made;
      return made;
    },
    drop,
  };
}
