// The whole journey of participants and operators against a running development system: node journey.mjs ENDPOINTS.
// ENDPOINTS is a file like that which `./scripts/dev` writes; nobody may be registered. The last line is a JSON object: the ids of the
// operations that succeeded, and who was paid what, and how.
import { demand, ok, succeeded } from './api.mjs';
import { asksToBePaid, claims, refusesPayments, takesCredit } from './exits.mjs';
import * as operators from './operators.mjs';
import * as participants from './participants.mjs';
import { Site } from './site.mjs';

async function journey(site: Site): Promise<object> {
  await participants.strangersLook(site);
  await participants.loginsAreRefused(site);
  const staff = await operators.staffSignsIn(site);
  await operators.stopsEnd(staff);

  const people = await participants.everybodyRegisters(site);
  const { ann, ben, cat, root } = people;
  await participants.moneyComesAndGoesBack(people);
  await participants.choices(people);
  await participants.timePasses(site, people);
  await participants.peopleLook(people);

  const published = await operators.rootIsPublished(staff);
  await operators.rootIsChecked(staff, published.root, cat);
  const claimed = await claims(cat, published);

  await Promise.all([asksToBePaid(ann), asksToBePaid(ben)]);
  await refusesPayments(ben);
  const lines = await operators.batchIsPaid(staff, [ann, ben]);
  const line = (wallet: string) => lines.find((found) => found.wallet === wallet);
  const [sent, credited] = [line(ann.address), line(ben.address)];
  const asExpected = sent?.state === 'executed' && credited?.state === 'credited';
  demand(asExpected, `the batch paid otherwise: ${JSON.stringify(lines)}`);
  const to = await takesCredit(ben, credited.amount);
  await operators.batchIsGivenUp(staff, root);
  await operators.booksAreWatched(staff);
  await operators.recordsAreRead(staff, ann);
  await participants.incomesAddUp(people);
  await participants.sessionsEnd(people);
  return {
    sent: { wallet: ann.address, amount: sent.amount },
    credited: { wallet: ben.address, amount: credited.amount, to },
    claimed: { wallet: cat.address, amount: claimed },
    operations: await operationIds(site),
  };
}

// Of a description, as much as is read here.
type Paths = Record<string, Record<string, { operationId: string }>>;

// The ids of the operations that succeeded, by the description that is served.
async function operationIds(site: Site): Promise<string[]> {
  const described = (await ok(site.api.GET('/openapi.json'))) as { paths: Paths };
  return Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => succeeded.has(`${method.toUpperCase()} ${path}`))
      .map(([, { operationId }]) => operationId),
  );
}

const [file] = process.argv.slice(2);
demand(file !== undefined, 'usage: node journey.mjs ENDPOINTS');
const site = await Site.at(file);
console.log(JSON.stringify(await site.hurry(() => journey(site))));
