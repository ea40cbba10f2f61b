// MCAP to typed columns with the MCAP project's own TypeScript reader. usage: node mcap_core.mjs FILE
// float64[23] q and uint32 n of every message go into one array a topic; the sums are those of the C++ side.
import { open } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { McapIndexedReader } = require("@mcap/core");
const { loadDecompressHandlers } = require("@mcap/support");
const VALUES = 23;

class FileReadable {
  constructor(file) {
    this.file = file;
  }
  async size() {
    return BigInt((await this.file.stat()).size);
  }
  async read(offset, length) {
    const buffer = new Uint8Array(Number(length));
    const { bytesRead } = await this.file.read(buffer, 0, buffer.length, Number(offset));
    return buffer.subarray(0, bytesRead);
  }
}

const decompressHandlers = await loadDecompressHandlers();
const start = performance.now();
const used = process.cpuUsage();
const file = await open(process.argv[2]);
const reader = await McapIndexedReader.Initialize({ readable: new FileReadable(file), decompressHandlers });
const topics = new Map();
for (const channel of reader.channelsById.values()) {
  const rows = Number(reader.statistics.channelMessageCounts.get(channel.id));
  topics.set(channel.id, {
    rows: 0,
    q: new Float64Array(rows * VALUES),
    n: new Uint32Array(rows),
    times: new BigInt64Array(rows),
  });
}
let count = 0;
for await (const message of reader.readMessages({ validateCrcs: true })) {
  const topic = topics.get(message.channelId);
  const view = new DataView(message.data.buffer, message.data.byteOffset, message.data.byteLength);
  for (let k = 0; k < VALUES; ++k) topic.q[topic.rows * VALUES + k] = view.getFloat64(4 + 8 * k, true);
  topic.n[topic.rows] = view.getUint32(4 + 8 * VALUES, true);
  topic.times[topic.rows++] = message.logTime;
  ++count;
}
const cpu = process.cpuUsage(used);
const wall = (performance.now() - start) / 1000;
let check = "";
for (const [, topic] of [...topics].sort((a, b) => a[0] - b[0])) {
  let values = 0, counters = 0n, times = 0n;
  for (let row = 0; row < topic.rows; ++row) {
    values += topic.q[row * VALUES + (row % VALUES)];
    counters += BigInt(topic.n[row]);
    times += topic.times[row];
  }
  check += `${topic.rows} ${values.toExponential(9).replace(/e([+-])(\d)$/, "e$10$2")} ${counters} ${times};`;
}
console.log(JSON.stringify({ wall, cpu: (cpu.user + cpu.system) / 1e6, count, check }));
