// Files that somebody brings into the catalog, and takes out again.
import { url } from '../shop.mjs';

async function analyze(walk, page, target) {
  await walk.open('/catalog-import');
  await page.getByRole('textbox', { name: /^URL/ }).fill(target);
  await page.getByRole('button', { name: 'Analyze' }).click();
}

export async function importing(walk, portal) {
  const late = url(portal, 'late.yaml');
  await walk.step('import-analyze', async page => {
    await analyze(walk, page, late);
    await walk.see('late-arrival');
  });
  await walk.step('import-register', async page => {
    await page.getByRole('button', { name: 'Import' }).click();
    await walk.see('The following entities have been added to the catalog');
    await walk.open('/catalog/default/component/late-arrival');
    await walk.see('Comes by import');
  });
  await walk.step('import-again', async page => {
    await analyze(walk, page, late);
    await walk.see('The following locations already exist in the catalog');
  });
  await walk.step('unregister', async page => {
    await walk.open('/catalog/default/component/late-arrival');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByText('Unregister entity').click();
    await walk.see(late);
    await page.getByRole('button', { name: 'Unregister Location' }).click();
    await walk.see('Acme Catalog');
    await walk.open('/catalog/default/component/late-arrival');
    await walk.see(/not found|no entity/i);
  }, { expected: [/^404 GET .*late-arrival/] });
  await walk.step('import-broken', async page => {
    await analyze(walk, page, url(portal, 'nothing.yaml'));
    await walk.see(/there is no file at .*nothing\.yaml/);
  }, { expected: [/^4\d\d POST .*\/locations\?dryRun=true/] });
}
