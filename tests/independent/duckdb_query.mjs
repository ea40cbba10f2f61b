// Runs one query with DuckDB's own Node client; the rows as JSON on stdout.
// usage: node duckdb_query.mjs SQL
import {DuckDBInstance} from '@duckdb/node-api';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const reader = await connection.runAndReadAll(process.argv[2]);
console.log(JSON.stringify(reader.getRowsJson()));
