/**
 * White space, controls, format characters (soft hyphen, zero-width joiners, direction marks), variation selectors
 * and fillers, the blank of braille, and what stands where an object was pasted.
 */
const onlyInvisible = /^[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\ufffc]*$/u;

/** Whether a text shows anything at all to those who read it. */
export function isVisible(text: string): boolean {
  return !onlyInvisible.test(text);
}
