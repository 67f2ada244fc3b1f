// Pages of single entities and of the graph.
const at = (kind, name) => `/catalog/default/${kind}/${name}`;

async function component(walk) {
  await walk.step('entity-component', async () => {
    await walk.open(at('component', 'storefront'));
    await walk.see('The Storefront', 'Sells flowers to everybody', 'The shopkeepers', 'Shop window');
  });
  await walk.step('entity-graph-card', async page => {
    const graph = page.locator('svg').filter({ hasText: 'shelves' });
    for (const name of ['shelves', 'basket', 'parcel-01', 'The shopkeepers']) await graph.getByText(name).first().waitFor();
  });
  await walk.step('entity-apis-tab', async page => {
    await page.getByRole('tab', { name: /^APIs?$/i }).or(page.getByRole('link', { name: 'APIs', exact: true })).last().click();
    await walk.see('Provided APIs', 'basket', /does not consume any APIs/);
  });
  await walk.step('entity-dependencies', async () => {
    await walk.open(at('component', 'storefront') + (walk.app.name === 'legacy' ? '/dependencies' : ''));
    await walk.see('Depends on components', 'Carries parcels of sort 1', 'Depends on resources', 'shelves');
  });
  await walk.step('entity-star', async page => {
    const settings = page.waitForResponse(/\/api\/user-settings\//); // without them, the button does not know its state
    await walk.open(at('component', 'storefront'));
    await settings;
    await page.getByRole('button', { name: 'Add to favorites' }).first().click();
    await page.getByRole('button', { name: 'Remove from favorites' }).first().waitFor();
    await walk.open('/catalog');
    await page.getByRole('menuitem', { name: 'Starred 1' }).click();
    await walk.see('Starred Components (1)', 'The Storefront');
    await page.getByRole('button', { name: 'Remove from favorites' }).first().click();
    await page.getByRole('menuitem', { name: 'Starred 0' }).waitFor();
  });
  await walk.step('entity-refresh', async page => {
    await walk.open(at('component', 'storefront'));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await walk.see('Refresh scheduled');
  });
  await walk.step('entity-inspect', async page => {
    await walk.open(at('component', 'storefront'));
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByText('Inspect entity').click();
    await walk.see('Entity Inspector', 'component:default/storefront');
  });
}

const others = {
  system: ['shop', 'Everything around the counter', 'commerce', 'parcel-01'],
  api: ['basket', 'The shopkeepers', 'The Storefront'],
  group: ['shopkeepers', 'The shopkeepers', 'Flora Petal', 'Ownership'],
  user: ['flora', 'Flora Petal', 'flora@example.com', 'The shopkeepers'],
  domain: ['commerce', 'shop'],
  awsenvironment: ['dev', 'Development', 'Where every merge lands first'],
};

export async function entity(walk) {
  await component(walk);
  for (const [kind, [name, ...texts]] of Object.entries(others)) {
    await walk.step(`entity-${kind}`, async () => {
      await walk.open(at(kind, name));
      await walk.see(...texts);
    });
  }
  await walk.step('entity-not-found', async () => {
    await walk.open(at('component', 'nothing-like-it'));
    await walk.see(/not found|no entity/i);
  }, { expected: [/^404 GET .*nothing-like-it/] });
  await walk.step('api-docs-index', async () => {
    await walk.open('/api-docs');
    await walk.see('basket', 'plain');
  });
  await walk.step('graph-page', async page => {
    await walk.open('/catalog-graph?rootEntityRefs%5B%5D=component%3Adefault%2Fstorefront&maxDepth=2');
    const graph = page.locator('svg').filter({ hasText: 'shelves' });
    for (const name of ['shelves', 'shop', 'parcel-42', 'basket']) await graph.getByText(name).first().waitFor();
  });
}
