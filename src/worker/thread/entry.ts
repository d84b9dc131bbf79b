/**
 * @module
 * Where a worker thread begins. Run from source, threads are started with this file (see `thread_entry.ts`); what is bundled
 * is one file, from which they come here.
 */
import { serveThread } from "./thread.ts";

serveThread();
