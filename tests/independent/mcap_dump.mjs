// What the MCAP project's own TypeScript reader finds in files, one JSON line a file:
//   {"file", "stream": {"messages", "sha256", "error"}, "indexed": {.. "chunks"} | null, "topics": {..}}
// The hash is over every message: channel u16, sequence u32, log time u64, publish time u64, size u32,
// data; little-endian. `stream` is in file order, `indexed` in log-time order.
// usage: node mcap_dump.mjs FILE..
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// Modules are found beside this script's repository, or where NODE_PATH says.
const require = createRequire(import.meta.url);
const { McapIndexedReader, McapStreamReader } = require("@mcap/core");
const { loadDecompressHandlers } = require("@mcap/support");

function digest() {
  const hash = createHash("sha256");
  let messages = 0;
  return {
    add(message) {
      const head = Buffer.alloc(26);
      head.writeUInt16LE(message.channelId, 0);
      head.writeUInt32LE(message.sequence, 2);
      head.writeBigUInt64LE(message.logTime, 6);
      head.writeBigUInt64LE(message.publishTime, 14);
      head.writeUInt32LE(message.data.byteLength, 22);
      hash.update(head).update(message.data);
      ++messages;
    },
    result: (error) => ({ messages, sha256: hash.digest("hex"), error: error ? String(error.message ?? error) : "" }),
  };
}

async function stream(path, decompressHandlers, topics) {
  const found = digest();
  try {
    const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
    reader.append(await readFile(path));
    const names = new Map();
    for (let record; (record = reader.nextRecord()); ) {
      if (record.type === "Channel") names.set(record.id, record.topic);
      if (record.type !== "Message") continue;
      found.add(record);
      const topic = names.get(record.channelId) ?? "";
      topics[topic] = (topics[topic] ?? 0) + 1;
    }
    return found.result(reader.done() ? null : "the file ends early");
  } catch (error) {
    return found.result(error);
  }
}

async function indexed(path, decompressHandlers) {
  const handle = await open(path);
  const found = digest();
  try {
    const readable = {
      size: async () => BigInt((await handle.stat()).size),
      read: async (offset, length) => {
        const buffer = Buffer.alloc(Number(length));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, Number(offset));
        if (bytesRead < buffer.length) throw new Error("read past the end");
        return new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead);
      },
    };
    const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
    for await (const message of reader.readMessages()) found.add(message);
    return { chunks: reader.chunkIndexes.length, ...found.result(null) };
  } catch (error) {
    return found.result(error);
  } finally {
    await handle.close();
  }
}

const decompressHandlers = await loadDecompressHandlers();
for (const file of process.argv.slice(2)) {
  const topics = {};
  const line = { file, stream: await stream(file, decompressHandlers, topics), topics };
  line.indexed = await indexed(file, decompressHandlers);
  console.log(JSON.stringify(line));
}
