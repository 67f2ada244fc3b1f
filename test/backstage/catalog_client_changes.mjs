// The methods that check and change entities.
import { assert, eventually, rejects } from './report.mjs';
import { software, spare } from './software.mjs';

const ref = 'resource:default/spare';

export async function changes(world, report, { client }) {
  const target = world.file('catalog/spare.yaml');
  const { location } = await client.addLocation({ target });
  await refresh(world, report, client);
  await remove(report, client);
  await client.removeLocationById(location.id);
  await validate(report, client, `url:${target}`);
}

async function refresh(world, report, client) {
  await report.check('refreshEntity', 'reads the file again', async () => {
    const before = await client.getEntityByRef(ref);
    await world.gitlab.commit(encodeURIComponent(software.path), 'main', { 'catalog/spare.yaml': spare('second edition') }, 'update');
    await client.refreshEntity(ref);
    const after = await eventually(5, 'the second edition', async () => {
      const entity = await client.getEntityByRef(ref);
      return entity.metadata.description === 'second edition' && entity;
    });
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.notEqual(after.metadata.etag, before.metadata.etag);
  });
  await report.check('refreshEntity', 'refuses an unknown entity', () =>
    rejects(() => client.refreshEntity('component:default/nobody'), 404, 'NotFoundError', 'Entity component:default/nobody not found'));
}

async function remove(report, client) {
  await report.check('removeEntityByUid', 'removes one until its file is read again', async () => {
    const { metadata } = await client.getEntityByRef(ref);
    await client.removeEntityByUid(metadata.uid);
    const { items } = await client.getEntities({ filter: { 'metadata.uid': metadata.uid } });
    assert.deepEqual(items, []);
  });
  await report.check('removeEntityByUid', 'is content when there is none', () => client.removeEntityByUid('00000000-0000-0000-0000-000000000000'));
}

async function validate(report, client, from) {
  const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Component', metadata: { name: 'checked' }, spec: { type: 'service', lifecycle: 'production', owner: 'team-a' } };
  const on = (what, run) => report.check('validateEntity', what, run);
  await on('accepts one', async () => assert.deepEqual(await client.validateEntity(entity, from), { valid: true }));
  const wrong = {
    'no name': { ...entity, metadata: {} },
    'no owner': { ...entity, spec: { type: 'service', lifecycle: 'production' } },
    'an unknown kind': { ...entity, kind: 'Thing' },
    'an invalid name': { ...entity, metadata: { name: 'a b' } },
    'an invalid label': { ...entity, metadata: { name: 'checked', labels: { 'a b': 'c' } } },
  };
  for (const [what, given] of Object.entries(wrong)) {
    await on(`finds ${what}`, async () => {
      const { valid, errors } = await client.validateEntity(given, from);
      assert.deepEqual([valid, errors.length > 0, errors.every(e => e.name && e.message)], [false, true, true]);
    });
  }
  await on('says no more of a request without a location', async () => // the client looks for errors where there is one
    assert.deepEqual(await client.validateEntity(entity, undefined), { valid: false, errors: [] }));
}
