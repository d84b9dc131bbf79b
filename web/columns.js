/** How many columns of a terminal characters take: none for marks that join the one before, two for wide ones. */

/** Text of which every UTF-16 unit is one column: most of what is printed, and quick to tell. */
const NARROW =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2319\u2500-\u25fc\u2713-\u2718\u2800-\u28ff\ufffd]*$/;
const JOINING = /^[\p{Mn}\p{Me}\u200b-\u200f\ufe00-\ufe0f]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

/** Whether each UTF-16 unit of the text is one column. */
export function isNarrow(text) {
  return NARROW.test(text);
}

/** The columns of a character. */
export function columnsOf(character) {
  if (NARROW.test(character)) return 1;
  return JOINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}
