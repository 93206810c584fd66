// Writes the types of a description of the API: node generate.mjs DESCRIPTION OUTPUT. What has a pattern of hexadecimal digits
// becomes the type that viem has for it, so that wallets and hashes need no cast.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const [description, output] = process.argv.slice(2);
const { factory } = ts;
const STRING = factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword);
const HEX = factory.createTemplateLiteralType(factory.createTemplateHead('0x'), [
  factory.createTemplateLiteralTypeSpan(STRING, factory.createTemplateTail('')),
]);

const isHex = (schema) => schema.type === 'string' && schema.pattern?.startsWith('^0x');
const types = await openapiTS(JSON.parse(await readFile(description, 'utf8')), {
  transform: (schema) => (isHex(schema) ? HEX : undefined),
});
await writeFile(output, astToString(types));
