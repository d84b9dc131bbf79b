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
import { SCHEDULED_FIELDS } from "../domain/schedule/spec.ts";
import ansi from "../../web/ansi.js" with { type: "text" };
import api from "../../web/api.js" with { type: "text" };
import app from "../../web/app.js" with { type: "text" };
import audit from "../../web/audit.js" with { type: "text" };
import chart from "../../web/chart.js" with { type: "text" };
import dead from "../../web/dead.js" with { type: "text" };
import diff from "../../web/diff.js" with { type: "text" };
import enqueue from "../../web/enqueue.js" with { type: "text" };
import graph from "../../web/graph.js" with { type: "text" };
import graphLayout from "../../web/graph_layout.js" with { type: "text" };
import folds from "../../web/folds.js" with { type: "text" };
import format from "../../web/format.js" with { type: "text" };
import group from "../../web/group.js" with { type: "text" };
import groups from "../../web/groups.js" with { type: "text" };
import icon from "../../web/icon.svg" with { type: "text" };
import index from "../../web/index.html" with { type: "text" };
import job from "../../web/job.js" with { type: "text" };
import jobs from "../../web/jobs.js" with { type: "text" };
import lazy from "../../web/lazy.js" with { type: "text" };
import lib from "../../web/lib.js" with { type: "text" };
import login from "../../web/login.html" with { type: "text" };
import loginScript from "../../web/login.js" with { type: "text" };
import columns from "../../web/columns.js" with { type: "text" };
import difference from "../../web/difference.js" with { type: "text" };
import find from "../../web/find.js" with { type: "text" };
import findBar from "../../web/find_bar.js" with { type: "text" };
import fullScreen from "../../web/full_screen.js" with { type: "text" };
import jobActions from "../../web/job_actions.js" with { type: "text" };
import jobAttempts from "../../web/job_attempts.js" with { type: "text" };
import jobEdit from "../../web/job_edit.js" with { type: "text" };
import jobHead from "../../web/job_head.js" with { type: "text" };
import jobHistory from "../../web/job_history.js" with { type: "text" };
import jobParts from "../../web/job_parts.js" with { type: "text" };
import jobSide from "../../web/job_side.js" with { type: "text" };
import jobStyle from "../../web/job_style.js" with { type: "text" };
import line from "../../web/line.js" with { type: "text" };
import logCopy from "../../web/log_copy.js" with { type: "text" };
import logRow from "../../web/log_row.js" with { type: "text" };
import logRows from "../../web/log_rows.js" with { type: "text" };
import logView from "../../web/log_view.js" with { type: "text" };
import outputStream from "../../web/output_stream.js" with { type: "text" };
import paint from "../../web/paint.js" with { type: "text" };
import screen from "../../web/screen.js" with { type: "text" };
import take from "../../web/take.js" with { type: "text" };
import terminal from "../../web/terminal.js" with { type: "text" };
import jobSheet from "../../web/job.css" with { type: "text" };
import output from "../../web/output.js" with { type: "text" };
import overview from "../../web/overview.js" with { type: "text" };
import parts from "../../web/parts.js" with { type: "text" };
import queue from "../../web/queue.js" with { type: "text" };
import queueTable from "../../web/queue_table.js" with { type: "text" };
import queues from "../../web/queues.js" with { type: "text" };
import rights from "../../web/rights.js" with { type: "text" };
import router from "../../web/router.js" with { type: "text" };
import schedule from "../../web/schedule.js" with { type: "text" };
import limits from "../../web/limits.js" with { type: "text" };
import scheduleEdit from "../../web/schedule_edit.js" with { type: "text" };
import schedules from "../../web/schedules.js" with { type: "text" };
import secrets from "../../web/secrets.js" with { type: "text" };
import settings from "../../web/settings.js" with { type: "text" };
import style from "../../web/style.css" with { type: "text" };
import drafts from "../../web/drafts.js" with { type: "text" };
import loginDialog from "../../web/login_dialog.js" with { type: "text" };
import requests from "../../web/requests.js" with { type: "text" };
import source from "../../web/source.js" with { type: "text" };
import stream from "../../web/stream.js" with { type: "text" };
import streamWorker from "../../web/stream_worker.js" with { type: "text" };
import keys from "../../web/keys.js" with { type: "text" };
import pages from "../../web/pages.js" with { type: "text" };
import search from "../../web/search.js" with { type: "text" };
import theme from "../../web/theme.js" with { type: "text" };
import themeSwitch from "../../web/theme_switch.js" with { type: "text" };
import bulk from "../../web/bulk.js" with { type: "text" };
import combobox from "../../web/combobox.js" with { type: "text" };
import filters from "../../web/filters.js" with { type: "text" };
import held from "../../web/held.js" with { type: "text" };
import jobTable from "../../web/job_table.js" with { type: "text" };
import troubles from "../../web/troubles.js" with { type: "text" };
import workers from "../../web/workers.js" with { type: "text" };

/** The fields of a job, for the forms and the page of a job. */
const fields = FIELD_NAMES.map((name) => {
  const { title, hint, json, kind, editable, default: otherwise }: Field = FIELDS[name];
  const scheduled = (SCHEDULED_FIELDS as readonly string[]).includes(name);
  return { name, title, hint, json, kind, editable, optional: otherwise === null, scheduled };
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
  "audit.js": audit,
  "chart.js": chart,
  "dead.js": dead,
  "diff.js": diff,
  "enqueue.js": enqueue,
  "fields.js": `export const FIELDS = ${JSON.stringify(fields)};\n`,
  "folds.js": folds,
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
  "lazy.js": lazy,
  "lib.js": lib,
  "login.js": loginScript,
  "columns.js": columns,
  "difference.js": difference,
  "find.js": find,
  "find_bar.js": findBar,
  "full_screen.js": fullScreen,
  "job_actions.js": jobActions,
  "job_attempts.js": jobAttempts,
  "job_edit.js": jobEdit,
  "job_head.js": jobHead,
  "job_history.js": jobHistory,
  "job_parts.js": jobParts,
  "job_side.js": jobSide,
  "job_style.js": jobStyle,
  "line.js": line,
  "log_copy.js": logCopy,
  "log_row.js": logRow,
  "log_rows.js": logRows,
  "log_view.js": logView,
  "output_stream.js": outputStream,
  "paint.js": paint,
  "screen.js": screen,
  "take.js": take,
  "terminal.js": terminal,
  "job.css": jobSheet,
  "output.js": output,
  "overview.js": overview,
  "parts.js": parts,
  "preact.js": preact,
  "queue.js": queue,
  "queue_table.js": queueTable,
  "queues.js": queues,
  "rights.js": rights,
  "router.js": router,
  "schedule.js": schedule,
  "limits.js": limits,
  "schedule_edit.js": scheduleEdit,
  "schedules.js": schedules,
  "secrets.js": secrets,
  "settings.js": settings,
  "style.css": style,
  "troubles.js": troubles,
  // a script of the old kind: as a module, its variable would stay its own
  "uplot.js": `${uplot}\nglobalThis.uPlot = uPlot;\n`,
  "uplot.css": uplotStyle,
  "drafts.js": drafts,
  "login_dialog.js": loginDialog,
  "requests.js": requests,
  "source.js": source,
  "stream.js": stream,
  "stream_worker.js": streamWorker,
  "keys.js": keys,
  "pages.js": pages,
  "search.js": search,
  "theme.js": theme,
  "theme_switch.js": themeSwitch,
  "bulk.js": bulk,
  "combobox.js": combobox,
  "filters.js": filters,
  "held.js": held,
  "job_table.js": jobTable,
  "workers.js": workers,
};
