// Documents against JSON Schemas (draft-07) by ajv in strict mode.
// stdin:  {"schemas": {NAME: schema}, "documents": [{"schema": NAME, "document": ..}]}
// stdout: [null | "why it does not fit", ..] in the order of the documents
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const Ajv = require('ajv').default ?? require('ajv');

const { schemas, documents } = JSON.parse(readFileSync(0, 'utf8'));
// strict: an unknown keyword or format is an error of the schema. Union types are ours on purpose; "required" beside
// "allOf" names properties of the other part.
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, allErrors: false });
const checks = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));
const results = documents.map(({ schema, document }) =>
  checks[schema](document) ? null : `${checks[schema].errors[0].instancePath}: ${checks[schema].errors[0].message}`);
process.stdout.write(JSON.stringify(results));
