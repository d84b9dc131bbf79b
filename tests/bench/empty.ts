/**
 * @module
 * The empty program: what the runtime itself takes to start and end.
 */
