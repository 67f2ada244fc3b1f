// Search, on its own page and in the dialog of the sidebar.
const results = page => page.locator('main, article').getByRole('listitem').filter({ hasText: 'Kind:' });

async function has(page, n) {
  await results(page).nth(n - 1).waitFor();
  await results(page).nth(n).waitFor({ state: 'detached' });
}

export async function search(walk) {
  await walk.step('search-page', async page => {
    await walk.open('/search?query=flowers');
    await walk.see('The Storefront', 'Order flowers');
    await page.locator('mark').filter({ hasText: 'flowers' }).first().waitFor();
    await page.getByRole('link', { name: 'The Storefront' }).click();
    await walk.see('Sells flowers to everybody');
  });
  await walk.step('search-filter', async page => {
    await walk.open('/search?query=flowers');
    await walk.see('The Storefront', 'Order flowers');
    await page.getByText('Kind', { exact: true }).locator('xpath=following::*[@role="button"][1]').click();
    await page.getByRole('option', { name: 'Template' }).click();
    await walk.gone('The Storefront');
    await walk.see('Order flowers');
  });
  await walk.step('search-pages', async page => {
    await walk.open('/search?query=parcel');
    await has(page, 25);
    await page.getByRole('button', { name: 'Next page', exact: true }).click();
    await walk.see('26-50', 'sort 42');
    await has(page, 17);
    await page.getByRole('checkbox', { name: 'experimental' }).click();
    await walk.see('1-25', 'sort 3');
    await walk.gone('Lifecycle: production');
  });
  await walk.step('search-dialog', async page => {
    await walk.open('/settings');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('shelves');
    await page.getByRole('dialog').getByText('shelves', { exact: true }).click();
    await walk.see('database');
  });
}
