/**
 * @module
 * The one place that imports the HTTP framework: matching of paths and methods. What is served, to whom, and how it is
 * checked is our own.
 */
export { Hono } from "npm:hono@4.13.19/tiny";
export type { Context as HonoContext } from "npm:hono@4.13.19";
