// What hyparquet, a Parquet reader that shares no code with ours, sees in a file; as JSON on stdout.
// usage: node parquet_dump.mjs FILE [ROWS]
import {parquetMetadataAsync, parquetReadObjects} from 'hyparquet';
import {asyncBufferFromFile} from 'hyparquet/src/node.js';

const [path, rows] = process.argv.slice(2);
const file = await asyncBufferFromFile(path);
const meta = await parquetMetadataAsync(file);
const plain = (key, value) => typeof value === 'bigint' ? Number(value)
  : typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

console.log(JSON.stringify({
  rows: meta.num_rows,
  row_groups: meta.row_groups.map((group) => group.num_rows),
  schema: meta.schema.map((node) => [node.name, node.type ?? '', node.repetition_type ?? '', node.converted_type ?? '']),
  key_values: Object.fromEntries((meta.key_value_metadata ?? []).map(({key, value}) => [key, value])),
  columns: meta.row_groups.flatMap((group, at) => group.columns.map(({meta_data: c}) =>
    [at, c.path_in_schema.join('/'), c.type, c.codec, c.encodings, c.dictionary_page_offset ?? null])),
  codecs: [...new Set(meta.row_groups.flatMap((group) => group.columns.map((c) => c.meta_data.codec)))],
  data: await parquetReadObjects({file, rowEnd: rows === undefined ? undefined : Number(rows)}),
}, plain));
