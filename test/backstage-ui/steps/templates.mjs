// Templates: the form, its review, the run with its log, what comes of it, and the list of runs.
const button = (page, name) => page.getByRole('button', { name, exact: true });

// duration is a step of a run that has begun: the bar of steps says how long it takes.
const duration = (page, step) => page.getByRole('button', { name: new RegExp(`^${step} \\d+ seconds?$`) });

async function form(walk, page) {
  await walk.open('/create');
  const card = page.locator('*').filter({ hasText: 'Order flowers' }).filter({ hasText: 'Choose' }).last();
  await card.getByText('Choose').click();
  await walk.see('The bouquet', 'The receiver', 'Review');
}

async function fillIn(walk) {
  await walk.step('templates', async () => {
    await walk.open('/create');
    await walk.see('Order flowers', 'Wait for spring', 'Serverless HTTP API in Go');
  });
  await walk.step('template-form', async page => form(walk, page));
  await walk.step('template-form-refuses', async page => {
    await page.getByRole('textbox', { name: 'Flower' }).fill('X1');
    await button(page, 'Next').click();
    await walk.see('must NOT have fewer than 3 characters', 'must match pattern "^[a-z]+$"');
  }, { expected: [/Form validation failed/] });
  await walk.step('template-owner-picker', async page => {
    await page.getByRole('textbox', { name: 'Flower' }).fill('roses');
    await page.getByRole('spinbutton', { name: 'How many' }).fill('7');
    await button(page, 'Next').click();
    const team = page.getByRole('textbox', { name: 'Team' });
    await team.click();
    await page.getByRole('option', { name: 'Platform' }).click();
    await button(page, 'Review').click();
  });
  await walk.step('template-review', async page => {
    for (const line of ['How many 7', 'Flower roses', /^Team .*platform$/i]) await page.getByRole('row', { name: line }).waitFor();
  });
}

async function watch(walk) {
  await walk.step('run-live-log', async page => {
    await button(page, 'Create').click();
    await button(page, 'Show Logs').click();
    await walk.see('Picking 7 of roses', 'Beginning step Let them drink');
    await page.getByRole('button', { name: 'Tie them' }).and(page.locator('[disabled]')).waitFor(); // it is still to come
    await walk.see('Tied for group:default/platform');
  });
  await walk.step('run-output', async page => {
    for (const step of ['Pick the flowers', 'Let them drink', 'Tie them']) await duration(page, step).waitFor();
    await page.locator('a[href="https://florist.example.com/roses"]').waitFor();
    await button(page, 'Where they stand').click();
    await walk.see('Sells flowers to everybody');
  });
  await walk.step('run-reload', async page => {
    await page.goBack();
    await page.reload();
    await walk.see('Order flowers', 'Where they stand', 'Tied for group:default/platform');
  });
}

// create makes an application with the template that ships with the portal.
async function create(walk) {
  const name = `petals-${walk.app.name}`;
  await walk.step('create-application', async page => {
    await walk.open('/create/templates/default/serverless-api');
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await button(page, 'Next').click();
    await walk.see('Repository');
    await button(page, 'Review').click();
    await page.getByRole('row', { name: `Name ${name}` }).waitFor();
    await button(page, 'Create').click();
    for (const step of ['Render the skeleton', 'Create the repository', 'Add it to the catalog']) await duration(page, step).waitFor({ timeout: 60_000 });
  });
  await walk.step('create-application-output', async page => {
    await page.locator(`a[href*="/apps/${name}"]`).first().waitFor();
    await button(page, 'Open in catalog').click();
    await walk.see(name, 'A serverless HTTP API.', 'aws-app');
  });
}

// fail takes a name that is another application's.
async function fail(walk) {
  await walk.step('run-failure', async page => {
    await walk.open('/create/templates/default/serverless-api');
    await page.getByRole('textbox', { name: 'Name' }).fill('orders');
    await button(page, 'Next').click();
    await button(page, 'Review').click();
    await button(page, 'Create').click();
    await walk.see('Error: the project apps/orders already exists and was not made by this operation');
    await button(page, 'Start Over').and(page.locator(':enabled')).waitFor();
  });
}

async function cancel(walk) {
  await walk.step('run-cancel', async page => {
    await walk.open('/create/templates/default/wait-for-spring');
    await button(page, 'Review').click();
    await button(page, 'Create').click();
    await duration(page, 'Winter').waitFor();
    await button(page, 'Show Logs').click();
    await walk.see('Beginning step Winter');
    await button(page, 'Cancel').click();
    await button(page, 'Cancel').and(page.locator('[disabled]')).waitFor();
    await button(page, 'Start Over').and(page.locator(':enabled')).waitFor();
  });
}

async function list(walk) {
  await walk.step('runs', async page => {
    await walk.open('/create/tasks');
    const row = (...texts) => texts.reduce((rows, text) => rows.filter({ hasText: text }), page.getByRole('row')).first();
    await row('Wait for spring', 'cancelled').waitFor();
    await row('Order flowers', 'completed').waitFor();
    await row('Serverless HTTP API in Go', 'completed').waitFor();
    await row('Serverless HTTP API in Go', 'failed').waitFor();
    await page.getByRole('menuitem', { name: 'All' }).click();
    await row('Order flowers', 'Guest').waitFor();
  });
  await walk.step('run-from-list', async page => {
    await page.getByRole('row').filter({ hasText: 'Order flowers' }).first().getByRole('link').first().click();
    await walk.see('Where they stand', 'Tied for group:default/platform');
  });
}

async function reference(walk) {
  await walk.step('actions', async () => {
    await walk.open('/create/actions');
    await walk.see('debug:wait', 'publish:gitlab', 'fetch:template');
  });
  await walk.step('templating-extensions', async () => {
    await walk.open('/create/templating-extensions');
    await walk.see('parseRepoUrl');
  });
}

export async function templates(walk) {
  for (const part of [fillIn, watch, create, fail, cancel, list, reference]) await part(walk);
}
