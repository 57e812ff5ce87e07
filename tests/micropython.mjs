// Runs Python under MicroPython: one job as JSON on stdin, its outcome as JSON on stdout. Driven by micropython.py.
import { readFileSync } from "node:fs";

const job = JSON.parse(readFileSync(0, "utf8"));
const { loadMicroPython } = await import(job.interpreter);

let stdout = "";
const mp = await loadMicroPython({
    heapsize: job.heap_bytes,
    stdout: (line) => { stdout += line + "\n"; },
    linebuffer: true,
});

for (const [path, base64] of job.files) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
        const folder = "/lib/" + parts.slice(0, depth).join("/");
        if (!mp.FS.analyzePath(folder).exists) mp.FS.mkdirTree(folder);
    }
    mp.FS.writeFile("/lib/" + path, Buffer.from(base64, "base64"));
}

// This build collects garbage only between top-level calls, so what is in use at the end of a piece,
// before a collection, is the most that the piece can have had in use at any time.
const results = [];
let error = null;
for (const source of job.pieces) {
    stdout = "";
    try {
        mp.runPython(source + "\nimport gc as _gc\n_at_end = _gc.mem_alloc()\n_gc.collect()\n");
        mp.runPython("_live = _gc.mem_alloc()\n");
        results.push({ stdout, peak: mp.globals.get("_at_end"), live: mp.globals.get("_live") });
    } catch (raised) {
        error = { stdout, message: String(raised.message ?? raised) };
        break;
    }
}
process.stdout.write(JSON.stringify({ results, error }));
