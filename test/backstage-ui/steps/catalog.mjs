// The index of the catalog: what it counts, its filters, its search and its pages.
import { parcels } from '../shop.mjs';

const everything = parcels + 2; // the storefront, and the application of the portal's starting content

// below gives what can be opened under a label.
const below = (page, label) => page.getByText(label, { exact: true }).locator('xpath=following::*[@role="button"][1]').first();

async function choose(page, label, option) {
  await below(page, label).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function pick(page, label, option) {
  await page.getByRole('textbox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).click();
  await page.keyboard.press('Escape');
}

// title is what stands above a table with so many entities.
const title = (what, n) => new RegExp(`^${what} \\(${n}\\)$`);

const row = (page, name) => page.getByRole('row').filter({ hasText: name });

const rows = page => page.locator('tbody tr').filter({ hasText: /parcel|orders|Storefront/ });

async function expectRows(page, n, one) {
  await row(page, one).waitFor();
  const count = await rows(page).count();
  if (count !== n) throw new Error(`the table has ${count} rows instead of ${n}`);
}

// begin opens the index with all components.
async function begin(walk, path = '/catalog') {
  await walk.open(path);
  await walk.page.getByRole('menuitem', { name: /^All/ }).click();
  await walk.see(title('All Components', everything));
}

async function filters(walk) {
  await walk.step('catalog-all', async page => {
    await begin(walk);
    await row(page, 'parcel-01').getByText('The shopkeepers').waitFor();
  });
  await walk.step('catalog-filter-kind', async page => {
    await choose(page, 'Kind', 'System');
    await walk.see(title('All Systems', 1));
    await row(page, 'Everything around').waitFor();
    await choose(page, 'Kind', 'AWSEnvironment');
    await walk.see(title('All AWSEnvironments', 3));
    await choose(page, 'Kind', 'Component');
    await walk.see(title('All Components', everything));
  });
  await walk.step('catalog-filter-type', async page => {
    await begin(walk);
    await choose(page, 'Type', 'library');
    await walk.see(title('All library Components', parcels / 6));
    await choose(page, 'Type', 'all');
    await walk.see(title('All Components', everything));
  });
  await walk.step('catalog-filter-owner-tag-stage', async page => {
    await begin(walk);
    await pick(page, 'Owner', 'The shopkeepers');
    await walk.see(title('All Components', 33));
    await pick(page, 'Tags', 'odd');
    await walk.see(title('All Components', 21));
    await pick(page, 'Lifecycle', 'experimental');
    await walk.see(title('All Components', 7));
  });
}

async function search(walk) {
  await walk.step('catalog-search', async page => {
    await begin(walk);
    await page.getByRole('textbox', { name: 'Search' }).fill('storefr');
    await row(page, 'parcel').first().waitFor({ state: 'hidden' });
    await expectRows(page, 1, 'The Storefront');
  });
}

// turning turns the pages of a table and back again.
const turning = (walk, path, size) => async page => {
  await begin(walk, path);
  await expectRows(page, size, 'orders');
  await page.getByRole('button', { name: /next/i }).click();
  await expectRows(page, size, `parcel-${size}`);
  await page.getByRole('button', { name: /previous/i }).click();
  await expectRows(page, size, 'orders');
};

export async function catalog(walk) {
  await filters(walk);
  await search(walk);
  const newSystem = walk.app.name === 'new';
  await walk.step('catalog-pages', turning(walk, '/catalog', 20));
  if (newSystem) return;
  await walk.step('catalog-pages-by-cursor', turning(walk, '/catalog-by-cursor', 20));
  await walk.step('catalog-pages-by-offset', turning(walk, '/catalog-by-offset', 10));
}
