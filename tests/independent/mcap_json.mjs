// The JSON messages of an MCAP file, one line each, as the MCAP project's own TypeScript reader gives them:
//   {"topic", "sequence", "log_time", "publish_time", "data"}   times as decimal strings
// usage: node mcap_json.mjs FILE
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { McapStreamReader } = require("@mcap/core");
const { loadDecompressHandlers } = require("@mcap/support");

const reader = new McapStreamReader({ decompressHandlers: await loadDecompressHandlers() });
reader.append(await readFile(process.argv[2]));
const topics = new Map();
for (let record; (record = reader.nextRecord()); ) {
  if (record.type === "Channel") topics.set(record.id, record.topic);
  if (record.type !== "Message") continue;
  console.log(
    JSON.stringify({
      topic: topics.get(record.channelId),
      sequence: record.sequence,
      log_time: String(record.logTime),
      publish_time: String(record.publishTime),
      data: JSON.parse(new TextDecoder().decode(record.data)),
    }),
  );
}
