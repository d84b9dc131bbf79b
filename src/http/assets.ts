/**
 * @module
 * The files of the pages, which the program has within itself: it serves nothing from a disk. The libraries among them
 * come from npm as they are; the fields of a job are written out from their table.
 */
import preact from "npm:preact@11.2.0" with { type: "text" };
import preactHooks from "npm:preact@11.2.0/hooks" with { type: "text" };
import htm from "npm:htm@3.1.1" with { type: "text" };
import uplot from "npm:uplot@1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
import uplotStyle from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };
import { type Field, FIELD_NAMES, FIELDS } from "../domain/fields.ts";
import ansi from "../../web/ansi.js" with { type: "text" };
import api from "../../web/api.js" with { type: "text" };
import app from "../../web/app.js" with { type: "text" };
import chart from "../../web/chart.js" with { type: "text" };
import dead from "../../web/dead.js" with { type: "text" };
import diff from "../../web/diff.js" with { type: "text" };
import enqueue from "../../web/enqueue.js" with { type: "text" };
import graph from "../../web/graph.js" with { type: "text" };
import graphLayout from "../../web/graph_layout.js" with { type: "text" };
import format from "../../web/format.js" with { type: "text" };
import group from "../../web/group.js" with { type: "text" };
import groups from "../../web/groups.js" with { type: "text" };
import icon from "../../web/icon.svg" with { type: "text" };
import index from "../../web/index.html" with { type: "text" };
import job from "../../web/job.js" with { type: "text" };
import jobs from "../../web/jobs.js" with { type: "text" };
import lib from "../../web/lib.js" with { type: "text" };
import login from "../../web/login.html" with { type: "text" };
import loginScript from "../../web/login.js" with { type: "text" };
import output from "../../web/output.js" with { type: "text" };
import overview from "../../web/overview.js" with { type: "text" };
import parts from "../../web/parts.js" with { type: "text" };
import queues from "../../web/queues.js" with { type: "text" };
import router from "../../web/router.js" with { type: "text" };
import schedule from "../../web/schedule.js" with { type: "text" };
import limits from "../../web/limits.js" with { type: "text" };
import schedules from "../../web/schedules.js" with { type: "text" };
import settings from "../../web/settings.js" with { type: "text" };
import style from "../../web/style.css" with { type: "text" };
import workers from "../../web/workers.js" with { type: "text" };

/** The fields of a job, for the forms and the page of a job. */
const fields = FIELD_NAMES.map((name) => {
  const { title, hint, json, kind, editable, default: otherwise }: Field = FIELDS[name];
  return { name, title, hint, json, kind, editable, optional: otherwise === null };
});

/** The page for those who have a token. */
export const INDEX: string = index;

/** The page for those who have none. */
export const LOGIN: string = login;

/** Everything the pages load, by name. None of it is secret. */
export const ASSETS: Readonly<Record<string, string>> = {
  "ansi.js": ansi,
  "api.js": api,
  "app.js": app,
  "chart.js": chart,
  "dead.js": dead,
  "diff.js": diff,
  "enqueue.js": enqueue,
  "fields.js": `export const FIELDS = ${JSON.stringify(fields)};\n`,
  "format.js": format,
  "graph.js": graph,
  "graph_layout.js": graphLayout,
  "group.js": group,
  "groups.js": groups,
  "hooks.js": preactHooks.replaceAll('"preact"', '"./preact.js"'),
  "htm.js": htm,
  "icon.svg": icon,
  "job.js": job,
  "jobs.js": jobs,
  "lib.js": lib,
  "login.js": loginScript,
  "output.js": output,
  "overview.js": overview,
  "parts.js": parts,
  "preact.js": preact,
  "queues.js": queues,
  "router.js": router,
  "schedule.js": schedule,
  "limits.js": limits,
  "schedules.js": schedules,
  "settings.js": settings,
  "style.css": style,
  // a script of the old kind: as a module, its variable would stay its own
  "uplot.js": `${uplot}\nglobalThis.uPlot = uPlot;\n`,
  "uplot.css": uplotStyle,
  "workers.js": workers,
};
