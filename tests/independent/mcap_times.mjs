// First and last log time and count of each topic, by the MCAP project's own TypeScript reader; one JSON line a
// file: {"file", "topics": {TOPIC: ["FIRST", "LAST", COUNT]}}. Files that it cannot read whole are left out.
// usage: node mcap_times.mjs FILE..
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// Modules are found beside this script's repository, or where NODE_PATH says.
const require = createRequire(import.meta.url);
const { McapStreamReader } = require("@mcap/core");
const { loadDecompressHandlers } = require("@mcap/support");

const decompressHandlers = await loadDecompressHandlers();
for (const file of process.argv.slice(2)) {
  const names = new Map();
  const topics = {};
  try {
    const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
    reader.append(await readFile(file));
    for (let record; (record = reader.nextRecord()); ) {
      if (record.type === "Channel") names.set(record.id, record.topic);
      if (record.type !== "Message") continue;
      const topic = (topics[names.get(record.channelId)] ??= [record.logTime, record.logTime, 0]);
      if (record.logTime < topic[0]) topic[0] = record.logTime;
      if (record.logTime > topic[1]) topic[1] = record.logTime;
      ++topic[2];
    }
  } catch {
    continue;
  }
  console.log(JSON.stringify({ file, topics }, (_, value) => (typeof value === "bigint" ? String(value) : value)));
}
